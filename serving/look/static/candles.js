// Draws what serving/figures/candles.py tells, with lightweight-charts: candles with means and volume, what was said before, and
// the forecast with its range. Colours are those of the page's sheet, by name.
(() => {
  const LINES = { solid: 0, dotted: 1 };
  const dates = new Intl.DateTimeFormat('en-GB', {
    weekday: 'short', day: '2-digit', month: 'short', year: 'numeric', timeZone: 'UTC',
  });
  const whole = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const small = new Intl.NumberFormat('en-US', { minimumSignificantDigits: 4, maximumSignificantDigits: 4 });
  const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 2 });
  const money = value => (Math.abs(value) >= 1 || value === 0 ? whole : small).format(value);

  const paint = name => getComputedStyle(document.body).getPropertyValue(`--${name}`).trim();
  const isDark = () => document.body.classList.contains('dark');
  const pale = (name, share) => paint(name) + Math.round(share * 255).toString(16).padStart(2, '0');

  // A range along the days, drawn behind everything. `places` are the numbers of its days on the axis.
  class Band {
    constructor(told, places) {
      Object.assign(this, { told, places });
      this.dress();
      const renderer = { draw: target => target.useMediaCoordinateSpace(({ context }) => this.paint(context)) };
      this.views = [{ zOrder: () => 'bottom', renderer: () => renderer }];
    }
    attached({ chart, series }) { Object.assign(this, { chart, series }); }
    paneViews() { return this.views; }
    dress() { Object.assign(this, { color: paint(this.told.color), share: isDark() ? 0.32 : 0.15 }); }
    // The numbers in `told` that lie between two places, and one more at each side.
    between(from, to) {
      const first = this.places.findIndex(place => place >= from), next = this.places.findIndex(place => place > to);
      return [Math.max(0, (first < 0 ? this.places.length : first) - 1), next < 0 ? this.places.length - 1 : next];
    }
    autoscaleInfo(from, to) {
      const [first, last] = this.between(from, to);
      const [lower, upper] = [this.told.lower, this.told.upper].map(side => side.slice(first, last + 1));
      if (!lower.length || this.places[last] < from || this.places[first] > to) return null;
      return { priceRange: { minValue: Math.min(...lower), maxValue: Math.max(...upper) } };
    }
    paint(context) {
      const scale = this.chart.timeScale(), shown = scale.getVisibleLogicalRange();
      if (!shown) return;
      const [first, last] = this.between(shown.from, shown.to);
      const corner = (at, side) => [
        scale.logicalToCoordinate(this.places[at]), this.series.priceToCoordinate(this.told[side][at]),
      ];
      context.beginPath();
      for (let at = first; at <= last; at += 1) context.lineTo(...corner(at, 'upper'));
      for (let at = last; at >= first; at -= 1) context.lineTo(...corner(at, 'lower'));
      context.closePath();
      context.globalAlpha = this.share;
      context.fillStyle = this.color;
      context.fill();
    }
  }

  function look() {
    return {
      layout: {
        background: { type: 'solid', color: paint('surface') }, textColor: paint('muted'), fontSize: 12,
        fontFamily: getComputedStyle(document.body).fontFamily,
        panes: { separatorColor: paint('line'), separatorHoverColor: paint('line'), enableResize: false },
      },
      grid: { vertLines: { color: paint('line') }, horzLines: { color: paint('line') } },
      crosshair: {
        mode: 0, vertLine: { color: paint('grey'), labelBackgroundColor: paint('grey') },
        horzLine: { color: paint('grey'), labelBackgroundColor: paint('grey') },
      },
    };
  }

  const calm = { lastValueVisible: false, priceLineVisible: false, crosshairMarkerVisible: false };
  const pricesOf = told => {
    const least = Math.min(...told.close.filter(value => value > 0));
    const minMove = least >= 1 ? 0.01 : 10 ** (Math.floor(Math.log10(least)) - 3);
    return { type: 'custom', minMove, formatter: money };
  };

  class Chart {
    constructor(box, told) {
      Object.assign(this, { box, told, lit: [] });
      const { lines, bands, days } = told;
      this.days = [...new Set([...days, ...told.ahead, ...lines.flatMap(one => one.days)])].sort();
      this.place = new Map(this.days.map((day, at) => [day, at]));
      box.replaceChildren();
      this.legend = box.appendChild(document.createElement('div'));
      this.legend.className = 'cc-legend';
      const canvas = box.appendChild(document.createElement('div'));
      canvas.className = 'cc-canvas';
      this.chart = LightweightCharts.createChart(canvas, {
        ...look(), autoSize: true, localization: { locale: 'en-GB', dateFormat: 'dd MMM yyyy' },
        rightPriceScale: { borderVisible: false },
        timeScale: { borderVisible: false, minBarSpacing: 0.01, fixLeftEdge: true, fixRightEdge: true },
        handleScroll: { mouseWheel: false, vertTouchDrag: false }, handleScale: { mouseWheel: false },
      });
      const axis = this.addPrices();
      lines.forEach(line => this.addLine(line));
      bands.forEach(band => this.addBand(axis, band));
      this.addVolume();
      this.chart.subscribeCrosshairMove(({ logical }) => this.tell(logical));
      this.tell();
      this.chart.timeScale().fitContent();
      this.listen(canvas);
    }

    // A series whose colours follow the page's.
    add(kind, colors, options, pane = 0) {
      const series = this.chart.addSeries(kind, { ...calm, ...options, ...colors() }, pane);
      this.lit.push(() => series.applyOptions(colors()));
      return series;
    }

    // Every day stands on the axis, also those of which only the forecast says something. A candle that rose is hollow,
    // one that fell is filled: colour is not all that tells them apart.
    addPrices() {
      const { told } = this, priceFormat = pricesOf(told), at = new Map(told.days.map((day, n) => [day, n]));
      const candle = n => ({ open: told.open[n], high: told.high[n], low: told.low[n], close: told.close[n] });
      const drawn = n => n !== undefined && (told.candles ? candle(n).open !== null : told.close[n] !== null);
      const point = n => (told.candles ? candle(n) : { value: told.close[n] });
      const series = told.candles
        ? this.add(LightweightCharts.CandlestickSeries, () => ({
            upColor: paint('surface'), borderUpColor: paint('blue'), wickUpColor: paint('blue'),
            downColor: paint('alarm'), borderDownColor: paint('alarm'), wickDownColor: paint('alarm'),
          }), { priceFormat })
        : this.add(LightweightCharts.LineSeries, () => ({ color: paint('blue') }), { priceFormat, lineWidth: 2 });
      series.setData(this.days.map(day => (drawn(at.get(day)) ? { time: day, ...point(at.get(day)) } : { time: day })));
      return series;
    }

    addLine(line) {
      const series = this.add(LightweightCharts.LineSeries, () => ({ color: paint(line.color) }), {
        priceFormat: pricesOf(this.told), lineWidth: line.width, lineStyle: LINES[line.style],
        pointMarkersVisible: line.marked, pointMarkersRadius: 3,
      });
      series.setData(line.days.map((time, n) => ({ time, value: line.values[n] })));
    }

    addBand(axis, told) {
      const band = new Band(told, told.days.map(day => this.place.get(day)));
      axis.attachPrimitive(band);
      this.lit.push(() => band.dress());
    }

    addVolume() {
      const { days, volume } = this.told;
      if (volume.every(value => value === null)) return;
      const series = this.add(LightweightCharts.HistogramSeries, () => ({ color: pale('grey', 0.45) }), {
        priceFormat: { type: 'volume' },
      }, 1);
      series.setData(days.map((time, n) => (volume[n] === null ? { time } : { time, value: volume[n] })));
      const [above, below] = this.chart.panes();
      above.setStretchFactor(0.8);
      below.setStretchFactor(0.2);
    }

    // What each line is; where a day is pointed at, its numbers too.
    tell(logical) {
      const day = logical === undefined ? undefined : this.days[logical];
      const parts = this.told.bands.filter(one => one.name).map(one => this.key(one, true, this.rangeOf(one, day)));
      parts.push(...this.told.lines.map(one => this.key(one, false, this.valueOf(one, day))));
      const sum = document.createElement('span');
      sum.className = 'cc-day';
      sum.textContent = day ? `${dates.format(new Date(`${day}T00:00:00Z`))}${this.barOf(day)}` : '';
      this.legend.replaceChildren(...parts, sum);
    }
    key(one, broad, said) {
      const part = document.createElement('span'), mark = part.appendChild(document.createElement('i'));
      mark.className = broad ? 'cc-broad' : `cc-${one.style}`;
      mark.style.color = `var(--${one.color})`;
      part.append(one.name + (said ? ` ${said}` : ''));
      return part;
    }
    valueOf(line, day) {
      const at = line.days.indexOf(day);
      if (at < 0) return '';
      const range = line.lower ? ` (${money(line.lower[at])} to ${money(line.upper[at])})` : '';
      return money(line.values[at]) + range;
    }
    rangeOf(band, day) {
      const at = band.days.indexOf(day);
      return at < 0 ? '' : `(${money(band.lower[at])} to ${money(band.upper[at])})`;
    }
    barOf(day) {
      const { told } = this, at = told.days.indexOf(day);
      if (at < 0) return '';
      const sides = (told.candles ? ['open', 'high', 'low', 'close'] : ['close']).filter(side => told[side][at] !== null);
      const volume = told.volume[at] === null ? '' : `, volume ${short.format(told.volume[at])}`;
      return `: ${sides.map(side => `${side} ${money(told[side][at])}`).join(', ')}${volume}`;
    }

    // The wheel zooms after a click into the chart and until the pointer leaves: who scrolls past it is not held up.
    listen(canvas) {
      const zoom = mouseWheel => this.chart.applyOptions({ handleScale: { mouseWheel } });
      canvas.addEventListener('pointerdown', () => zoom(true));
      canvas.addEventListener('pointerleave', () => zoom(false));
      canvas.tabIndex = 0;
      canvas.setAttribute('role', 'img');
      canvas.setAttribute('aria-label', `Prices and forecast of ${this.told.ticker}; the numbers stand in the table below. `
        + 'The keys of arrows move it, plus and minus zoom, Home shows all.');
      canvas.addEventListener('keydown', event => this.press(event));
      this.watch = new MutationObserver(() => this.dress());
      this.watch.observe(document.body, { attributes: true, attributeFilter: ['class'] });
    }
    press(event) {
      const scale = this.chart.timeScale(), { from, to } = scale.getVisibleLogicalRange() ?? {};
      const step = (to - from) / 10;
      const moves = {
        ArrowLeft: [-step, -step], ArrowRight: [step, step], '+': [step, -step], '-': [-step, step],
        Home: [-from, this.days.length - 1 - to],
      };
      const move = moves[event.key];
      if (!move || from === undefined) return;
      event.preventDefault();
      scale.setVisibleLogicalRange({
        from: Math.max(0, from + move[0]), to: Math.min(this.days.length - 1, to + move[1]),
      });
    }
    dress() {
      this.lit.forEach(again => again());
      this.chart.applyOptions(look());
    }
    end() {
      this.watch.disconnect();
      this.chart.remove();
    }
  }

  // Draws into the box inside `element` what `told` says, in place of what was there.
  window.candorcastCandles = (element, told) => {
    const box = element.querySelector('.cc-candles');
    if (!box) return;
    box.drawn?.end();
    box.drawn = undefined;
    box.replaceChildren();
    delete box.dataset.ticker;
    if (!told?.days?.length) return;
    box.drawn = new Chart(box, told);
    box.dataset.ticker = told.ticker;
  };
})();
