"""Accepting or refusing a graph in the words of a real server, as recorded in ``recordings/refusals-*.json``."""

from typing import Any

Graph = dict[str, Any]


class BrokenGraphError(Exception):
    """The real server raises here and answers 500 in plain text."""


def validate(graph: Any, object_info: dict[str, Any]) -> tuple[dict[str, Any] | None, list[str], dict[str, Any]]:
    """The refusal (or None), the ids of the good output nodes, and the faults by node."""
    if not isinstance(graph, dict):
        raise BrokenGraphError
    outputs = []
    for node_id, node in graph.items():
        if not isinstance(node, dict):
            raise BrokenGraphError
        kind = node.get("class_type")
        if kind not in object_info:
            return _unknown_class(node_id, node), [], {}
        if object_info[kind].get("output_node"):
            outputs.append(node_id)
    if not outputs:
        return _error("prompt_no_outputs", "Prompt has no outputs"), [], {}
    checker = _Checker(graph, object_info)
    good = [node_id for node_id in outputs if checker.is_good(node_id)]
    for node_id in checker.faults:
        checker.faults[node_id]["dependent_outputs"] = [out for out in outputs if out not in good]
    if good:
        return None, good, checker.faults
    details = checker.first_details
    return _error("prompt_outputs_failed_validation", "Prompt outputs failed validation", details), [], checker.faults


def _error(kind: str, message: str, details: str = "", extra: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"type": kind, "message": message, "details": details, "extra_info": extra or {}}


def _unknown_class(node_id: str, node: Graph) -> dict[str, Any]:
    kind = node.get("class_type")
    title = node.get("_meta", {}).get("title", kind)
    if kind is None:
        message = f"Node '{node.get('_meta', {}).get('title', f'ID #{node_id}')}' has no class_type."
    else:
        message = f"Node '{title}' not found. The custom node may not be installed."
    extra = {"node_id": node_id, "class_type": kind, "node_title": title}
    return _error("missing_node_type", message, f"Node ID '#{node_id}'", extra)


class _Checker:
    def __init__(self, graph: Graph, object_info: dict[str, Any]) -> None:
        self._graph = graph
        self._info = object_info
        self._known: dict[str, bool] = {}
        self.faults: dict[str, Any] = {}
        self.first_details = ""

    def is_good(self, node_id: str) -> bool:
        if node_id not in self._known:
            self._known[node_id] = True  # a cycle ends here
            node = self._graph[node_id]
            declared = self._info[node["class_type"]]["input"]
            problems: list[dict[str, Any]] = []
            upstream = True
            for group in ("required", "optional"):
                for name, config in declared.get(group, {}).items():
                    upstream &= self._check_input(node_id, node, name, config, group == "required", problems)
            if problems:
                self.faults[node_id] = {"errors": problems, "dependent_outputs": [], "class_type": node["class_type"]}
            self._known[node_id] = upstream and not problems
        return self._known[node_id]

    def _check_input(
        self, node_id: str, node: Graph, name: str, config: list[Any], required: bool, problems: list[dict[str, Any]]
    ) -> bool:
        if name not in node["inputs"]:
            if required:
                problems.append(
                    _error("required_input_missing", "Required input is missing", name, {"input_name": name})
                )
            return True
        value = node["inputs"][name]
        if isinstance(value, list):
            return self._check_link(name, value, config, problems)
        problems.extend(_value_problems(name, value, config))
        return True

    def _check_link(self, name: str, link: list[Any], config: list[Any], problems: list[dict[str, Any]]) -> bool:
        if len(link) != 2:
            text = "Bad linked input, must be a length-2 list of [node_id, slot_index]"
            problems.append(_error("bad_linked_input", text, name, {"input_name": name, "received_value": link}))
            return True
        source, slot = link
        try:
            given = self._info[self._graph[source]["class_type"]]["output"][slot]
        except (KeyError, IndexError, TypeError) as error:
            details = f"'{source}'" if isinstance(error, KeyError) else "tuple index out of range"
            kind = "exception_during_inner_validation"
            extra = {"input_name": name, "exception_message": details, "exception_type": type(error).__name__}
            problems.append(_error(kind, "Exception when validating inner node", details, extra))
            return True
        if config[0] not in (given, "*") and given != "*":
            details = f"{name}, received_type({given}) mismatch input_type({config[0]})"
            extra = {"input_name": name, "received_type": given, "linked_node": link}
            problems.append(_error("return_type_mismatch", "Return type mismatch between linked nodes", details, extra))
            self.first_details = self.first_details or f"Return type mismatch between linked nodes: {details}"
        return self.is_good(source)


def _value_problems(name: str, value: Any, config: list[Any]) -> list[dict[str, Any]]:
    kind, options = config[0], config[1] if len(config) > 1 else {}
    extra = {"input_name": name, "input_config": config, "received_value": value}
    if kind in ("INT", "FLOAT"):
        try:
            number = int(value) if kind == "INT" else float(value)
        except (TypeError, ValueError) as error:
            message = f"Failed to convert an input value to a {kind} value"
            return [_error("invalid_input_type", message, f"{name}, {value}, {error}", extra)]
        if number < options.get("min", number):
            message = f"Value {value} smaller than min of {options['min']}"
            return [_error("value_smaller_than_min", message, name, extra)]
        if number > options.get("max", number):
            return [_error("value_bigger_than_max", f"Value {value} bigger than max of {options['max']}", name, extra)]
    choices = kind if isinstance(kind, list) else options.get("options") if kind == "COMBO" else None
    if name == "image" and options.get("image_upload"):
        choices = None  # LoadImage checks the file itself
    if choices is not None and value not in choices:
        shown = f"(list of length {len(choices)})" if len(choices) > 20 else str(choices)
        return [_error("value_not_in_list", "Value not in list", f"{name}: '{value}' not in {shown}", extra)]
    return []
