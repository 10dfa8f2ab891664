// A button on each chart saves it as a picture, in the light colours of paper; a figure that has words for whoever does
// not see it tells them.
(() => {
  const CHART = '.cc-chart', NAME = 'cc-save-picture';

  const download = (address, name) => Object.assign(document.createElement('a'), { href: address, download: name }).click();

  // Plotly's own button, which the page's sheet hides, knows how to; its file would be called `newplot.png`.
  function savePlot(plot, name) {
    plot._context.toImageButtonOptions = { format: 'png', filename: name, scale: 2 };
    plot.querySelector('.modebar-btn[data-title^="Download"]').click();
  }

  function save(chart) {
    const plot = chart.querySelector('.js-plotly-plot'), candles = chart.querySelector('.cc-candles')?.drawn;
    if (plot) savePlot(plot, chart.id);
    else if (candles) download(candles.chart.takeScreenshot().toDataURL('image/png'), `${candles.told.ticker}.png`);
  }

  function dress(chart) {
    if (chart.querySelector(`.${NAME}`) || chart.parentElement.closest(CHART)) return;
    const button = Object.assign(document.createElement('button'), { type: 'button', className: NAME, textContent: 'Save' });
    button.setAttribute('aria-label', 'Save this chart as a picture');
    button.addEventListener('click', () => save(chart));
    chart.append(button);
  }

  function describe(chart) {
    const plot = chart.querySelector('.js-plotly-plot'), told = plot?.layout?.meta?.alt;
    if (!told || plot.getAttribute('aria-label') === told) return;
    plot.setAttribute('role', 'img');
    plot.setAttribute('aria-label', told);
  }

  const look = () => document.querySelectorAll(CHART).forEach(chart => { dress(chart); describe(chart); });
  new MutationObserver(look).observe(document.documentElement, { childList: true, subtree: true });
  look();
})();
