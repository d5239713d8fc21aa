"""Reading a policy file as plain JSON values with the line of every place, for the loader."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

Place: TypeAlias = tuple[str | int, ...]
TIMESTAMP = "tag:yaml.org,2002:timestamp"


class PolicyRefused(ValueError):
    """A policy file that must not be decided by: which file, line and place, and the reason."""

    def __init__(self, file: Path, line: int, place: Place, reason: str) -> None:
        self.file = file.name
        self.line = line
        self.place = ".".join(str(step) for step in place)
        self.reason = reason
        super().__init__(f"{self.file}:{line} {self.place}: {reason}")


@dataclass(frozen=True, slots=True)
class Source:
    """A file's content with the line on which each place stands."""

    file: Path
    content: Any
    lines: dict[Place, int]

    def refuse(self, place: Place, reason: str) -> PolicyRefused:
        """The refusal of a place, at its own line or at the nearest one above it."""
        known = place
        while known not in self.lines:
            known = known[:-1]
        return PolicyRefused(self.file, self.lines[known], place, reason)


class _PlainLoader(yaml.SafeLoader):
    """Dates stay text, as in JSON, so that the schema can speak of them."""


_PlainLoader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != TIMESTAMP]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(file: Path) -> Source:
    """Read one file; a key written twice is refused, for the later would hide the earlier."""
    loader = _PlainLoader(file.read_text(encoding="utf-8"))
    try:
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 1
        raise PolicyRefused(
            file, line, (), f"不是有效的 YAML not valid YAML: {problem.problem}"
        ) from None
    lines: dict[Place, int] = {(): 1}
    if node is None:
        raise PolicyRefused(file, 1, (), "文件为空 the file is empty")
    return Source(file, _plain(loader, node, (), lines, file), lines)


def _plain(
    loader: _PlainLoader, node: yaml.Node, place: Place, lines: dict[Place, int], file: Path
) -> Any:
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _mapping(loader, node, place, lines, file)
    if isinstance(node, yaml.SequenceNode):
        return [
            _plain(loader, item, (*place, index), lines, file)
            for index, item in enumerate(node.value)
        ]
    return loader.construct_object(node)


def _mapping(
    loader: _PlainLoader,
    node: yaml.MappingNode,
    place: Place,
    lines: dict[Place, int],
    file: Path,
) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        here = (*place, key)
        line = key_node.start_mark.line + 1
        if key in content:
            raise PolicyRefused(
                file, line, here, f"重叠：{key} 写了两次 overlap: {key} is written twice"
            )
        lines[here] = line
        content[key] = _plain(loader, value_node, here, lines, file)
    return content
