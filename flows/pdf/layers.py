"""Carry a document's layers along, so that what was hidden stays hidden."""

from collections.abc import Iterator, Sequence

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf

Layer = tuple[Object, bool]
"""An optional-content group, and whether it is printed."""


def layers_of(document: Pdf) -> list[Layer]:
    """Return a document's layers and which of them are printed.

    PDF 32000-1, 8.11.4: the default configuration, then the groups' own print states where the
    configuration applies them (`/AS` with the event `/Print`).
    """
    properties = document.Root.get("/OCProperties")
    if not isinstance(properties, Dictionary):
        return []
    groups = _objects(properties.get("/OCGs"))
    default = properties.get("/D", Dictionary())
    all_off = default.get("/BaseState") == Name.OFF
    on, off = (set(_ids(default.get(name))) for name in ("/ON", "/OFF"))
    by_print = _print_states(default)
    return [
        (
            group,
            by_print.get(group.objgen, group.objgen in on if all_off else group.objgen not in off),
        )
        for group in groups
        if group.is_indirect
    ]


def set_layers(document: Pdf, layers: Sequence[Layer]) -> None:
    """Give a document these layers, printed or not."""
    if layers:
        hidden = Array([group for group, printed in layers if not printed])
        default = Dictionary(BaseState=Name.ON, OFF=hidden, Order=Array())
        groups = Array([group for group, _ in layers])
        document.Root.OCProperties = Dictionary(OCGs=groups, D=default)


def _print_states(default: Object) -> dict[tuple[int, int], bool]:
    found = {}
    for usage in _objects(default.get("/AS")):
        if usage.get("/Event") == Name.Print:
            for group in _objects(usage.get("/OCGs")):
                state = group.get("/Usage", Dictionary()).get("/Print", Dictionary())
                if "/PrintState" in state:
                    found[group.objgen] = state.PrintState != Name.OFF
    return found


def _ids(array: Object | None) -> Iterator[tuple[int, int]]:
    return (group.objgen for group in _objects(array))


def _objects(array: Object | None) -> list[Object]:
    if not isinstance(array, pikepdf.Array):
        return []
    return [one for one in array if isinstance(one, Dictionary)]
