"""Sets the weights that every family starts from, layer by layer, by the layer's kind.

Xavier for linear maps (Glorot 2010), He where a rectifier follows (He 2015): a variance that layers keep. A branch of
attention or of two layers that is added to what came in starts at a tenth: the network is at first what it was without
(as in Zhang 2019), and learns the branch where it helps. An LSTM's forget gate starts open, so that memory reaches over
the window from the first gradient on (Jozefowicz 2015); its recurrent weights are orthogonal, gate by gate, so that no
direction dies before another (Saxe 2014), but half as long as usual: at full length a network learns the noise of
returns sooner. Its input weights stay as torch draws them.
"""

import torch
from torch import nn

SHORT, SMALL = 0.5, 0.1


class AddedLinear(nn.Linear):
    """The last map of a branch that is added to what came in."""


@torch.no_grad()
def initialise(network: nn.Module) -> nn.Module:
    """Every layer of a kind that is known here; what a family made by hand, it also starts by hand."""
    for layer in network.modules():
        if isinstance(layer, nn.LSTM):
            _start_lstm(layer)
        elif isinstance(layer, nn.Linear):
            nn.init.xavier_uniform_(layer.weight, gain=SMALL if isinstance(layer, AddedLinear) else 1.0)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return network


def _start_lstm(lstm: nn.LSTM) -> None:
    for name, parameter in lstm.named_parameters():
        for gate, part in zip("ifgo", parameter.chunk(4), strict=True):
            if name.startswith("weight_hh"):
                nn.init.orthogonal_(part, gain=SHORT)
            elif name.startswith("bias"):
                opened = gate == "f" and name.startswith("bias_ih")
                nn.init.constant_(part, 1.0 if opened else 0.0)
