"""The reader: one joint encoding of question, place and passage; a logit a unit and one a passage."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from retrieval.reading.encoding import PAD
from training.embedding.vocabulary import kept_pieces
from training.embedding.weights import Weights

HIDDEN, HEADS, INNER, POSITIONS = 384, 12, 1536, 512
LAYERS = (0, 1, 2, 3, 4, 5)
"""The layers of the embedding model that the reader starts from."""
UNTAUGHT = 3
"""So many of them stay as they are: a third of the training's time, at no loss worth it with little data."""
_DROPPED = 0.1
_NEVER = 1e4


class Layer(nn.Module):
    """One layer of a BERT encoder, normalised behind each half."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(HIDDEN, 3 * HIDDEN)
        self.ao = nn.Linear(HIDDEN, HIDDEN)
        self.aln = nn.LayerNorm(HIDDEN, eps=1e-12)
        self.fi = nn.Linear(HIDDEN, INNER)
        self.fo = nn.Linear(INNER, HIDDEN)
        self.oln = nn.LayerNorm(HIDDEN, eps=1e-12)

    def forward(self, state: Tensor, bias: Tensor) -> Tensor:
        size, length, _ = state.shape
        parts = self.qkv(state).view(size, length, 3, HEADS, HIDDEN // HEADS).permute(2, 0, 3, 1, 4)
        query, key, value = parts[0], parts[1], parts[2]
        mask = bias.to(query.dtype)
        context = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        context = context.transpose(1, 2).reshape(size, length, HIDDEN)
        is_taught = self.training and self.ao.weight.requires_grad
        state = self.aln(state + functional.dropout(self.ao(context), _DROPPED, is_taught))
        inner = self.fo(functional.gelu(self.fi(state)))
        found: Tensor = self.oln(state + functional.dropout(inner, _DROPPED, is_taught))
        return found


def _head() -> nn.Sequential:
    return nn.Sequential(nn.Linear(2 * HIDDEN, HIDDEN), nn.GELU(), nn.Linear(HIDDEN, 1))


class _Layers(nn.ModuleList):
    """The layers, with their type."""

    def upper(self) -> list[Layer]:
        return [each for each in self if isinstance(each, Layer)][UNTAUGHT:]

    def lower(self) -> list[Layer]:
        return [each for each in self if isinstance(each, Layer)][:UNTAUGHT]


class Network(nn.Module):
    """The whole; inputs as ``retrieval.reading.encoding.batch`` names them."""

    def __init__(self, pieces: int) -> None:
        super().__init__()
        self.word = nn.Embedding(pieces, HIDDEN)
        self.position = nn.Embedding(POSITIONS, HIDDEN)
        self.segment = nn.Embedding(3, HIDDEN)
        self.match = nn.Embedding(3, HIDDEN)
        nn.init.zeros_(self.segment.weight)
        nn.init.zeros_(self.match.weight)
        self.normal = nn.LayerNorm(HIDDEN, eps=1e-12)
        self.layers = _Layers(Layer() for _ in LAYERS)
        self.token = nn.Linear(HIDDEN, 2)  # within the answer's words; weight within its unit
        self.unit = _head()
        self.passage = _head()
        self.mix = nn.Parameter(torch.tensor([0.3, 0.3]))

    def forward(
        self, ids: Tensor, segments: Tensor, matches: Tensor, units: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Logits of units (rows, units), of passages (rows), of tokens (rows, tokens)."""
        bias = ((ids == PAD).float() * -_NEVER)[:, None, None, :]
        with torch.no_grad():
            state = self.normal(self.word(ids) + self.position.weight[: ids.shape[1]])
            for layer in self.layers.lower():
                state = layer(state, bias)
        state = state + self.segment(segments) + self.match(matches)
        for layer in self.layers.upper():
            state = layer(state, bias)
        state = state.float()
        tokens, weights = self.token(state).unbind(-1)
        outside = (units - 1) * _NEVER
        mean = units @ state / units.sum(-1, keepdim=True).clamp(min=1)
        weighed = torch.softmax(weights[:, None, :] + outside, -1) * units @ state
        highest = (tokens[:, None, :] + outside).amax(-1).clamp(min=-20)
        unit = self.unit(torch.cat([mean, weighed], -1))[..., 0] + self.mix[0] * highest
        exists = (units.sum(-1) > 0).to(unit.dtype)
        unit = unit * exists - _NEVER * (1 - exists)
        chosen = (torch.softmax(unit, -1)[:, None, :] @ weighed)[:, 0]
        passage = self.passage(torch.cat([state[:, 0], chosen], -1))[..., 0]
        return unit, passage + self.mix[1] * unit.amax(-1).clamp(min=-20), tokens


def from_embedding_model(weights: Weights) -> Network:
    """A network with the embedding model's lower layers and word vectors."""
    kept = kept_pieces(weights.pieces)
    network = Network(len(kept))
    with torch.no_grad():
        network.word.weight.copy_(torch.from_numpy(weights.matrix("emb.word", weights.rows)[kept]))
        places = weights.floats("emb.pos").reshape(-1, HIDDEN) + weights.floats("emb.type")[:HIDDEN]
        network.position.weight.copy_(torch.from_numpy(places))
        _copy_normal(network.normal, weights, "emb.ln")
        every = [*network.layers.lower(), *network.layers.upper()]
        for number, layer in zip(LAYERS, every, strict=True):
            prefix = f"l{number}."
            _copy(layer.qkv, weights, [f"{prefix}{part}" for part in "qkv"], HIDDEN)
            _copy(layer.ao, weights, [f"{prefix}ao"], HIDDEN)
            _copy(layer.fi, weights, [f"{prefix}fi"], INNER)
            _copy(layer.fo, weights, [f"{prefix}fo"], HIDDEN)
            _copy_normal(layer.aln, weights, f"{prefix}aln")
            _copy_normal(layer.oln, weights, f"{prefix}oln")
    for part in (network.word, network.position, network.normal, *network.layers.lower()):
        part.requires_grad_(False)
    return network


def _copy(layer: nn.Linear, weights: Weights, names: list[str], rows: int) -> None:
    found = torch.cat([torch.from_numpy(weights.matrix(f"{name}.w", rows)) for name in names])
    layer.weight.copy_(found)
    layer.bias.copy_(torch.cat([torch.from_numpy(weights.floats(f"{name}.b").copy()) for name in names]))


def _copy_normal(layer: nn.LayerNorm, weights: Weights, name: str) -> None:
    layer.weight.copy_(torch.from_numpy(weights.floats(f"{name}.w").copy()))
    layer.bias.copy_(torch.from_numpy(weights.floats(f"{name}.b").copy()))
