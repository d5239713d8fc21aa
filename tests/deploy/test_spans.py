"""The store of recent spans is bounded in number and memory, and keeps nothing that was sent."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Mapping
from uuid import uuid4

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind, StatusCode, Tracer, format_trace_id, set_span_in_context

from deploy.spans import LONGEST_TEXT, MOST_ERRORS, SpanStore

FULL_STORE_BYTES = 20 * 1024 * 1024


def tracer_of(store: SpanStore) -> Tracer:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(store)
    return provider.get_tracer("stories")


def request(tracer: Tracer, route: str = "/intake/v1/persons", status: int = 200) -> str:
    """A finished request of its own; gives its trace."""
    said = {
        "http.request.method": "POST",
        "http.route": route,
        "http.response.status_code": status,
        "url.path": "/intake/v1/persons/secret",
        "url.query": "name=secret",
    }
    span = tracer.start_span("POST", kind=SpanKind.SERVER, attributes=said)
    span.end()
    return format_trace_id(span.get_span_context().trace_id)


def tree(tracer: Tracer, children: int, said: Mapping[str, str] | None = None) -> str:
    """A request with letters that were heard in its trace."""
    root = tracer.start_span("POST", kind=SpanKind.SERVER)
    context = set_span_in_context(root)
    for _ in range(children):
        attributes = {"messaging.message.id": str(uuid4()), **(said or {})}
        tracer.start_span(
            "heard", context=context, kind=SpanKind.CONSUMER, attributes=attributes
        ).end()
    root.end()
    return format_trace_id(root.get_span_context().trace_id)


def test_only_the_traces_that_were_last_active_are_kept() -> None:
    store = SpanStore(most_traces=3)
    tracer = tracer_of(store)
    first, *later = [request(tracer) for _ in range(4)]
    assert store.trace(first) is None
    assert [trace.trace_id for trace in store.traces()] == later[::-1]


def test_spans_are_bounded_over_all_traces() -> None:
    store = SpanStore(most_spans=25)
    tracer = tracer_of(store)
    traces = [tree(tracer, 9) for _ in range(10)]
    assert store.count == 20
    assert store.count == sum(len(trace.spans) for trace in store.traces())
    assert [trace.trace_id for trace in store.traces()] == traces[:-3:-1]


def test_one_huge_trace_does_not_drive_out_the_others() -> None:
    store = SpanStore(most_of_a_trace=50)
    tracer = tracer_of(store)
    small = request(tracer)
    huge = store.trace(tree(tracer, 5_000))
    assert huge is not None
    assert (len(huge.spans), huge.left_out) == (50, 4_951)
    assert store.trace(small) is not None


def test_a_full_store_takes_no_more_memory_than_promised() -> None:
    store = SpanStore()
    tracer = tracer_of(store)
    gc.collect()
    tracemalloc.start()
    try:
        for nth in range(2_200):
            long = f"{nth}" * 5_000
            tree(tracer, 10, {"juyang.letter.type": long, "messaging.consumer.group.name": long})
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert store.count > 19_000
    assert taken < FULL_STORE_BYTES


def test_what_the_caller_sent_is_not_kept() -> None:
    store = SpanStore()
    kept = store.trace(request(tracer_of(store)))
    assert kept is not None
    assert kept.spans[0].name == "POST /intake/v1/persons"
    assert kept.spans[0].service == "intake"
    assert "secret" not in repr(kept)


def test_a_request_that_no_route_took_keeps_its_address_to_itself() -> None:
    store = SpanStore()
    said = {"http.request.method": "GET", "url.path": "/secret"}
    tracer_of(store).start_span("GET", kind=SpanKind.SERVER, attributes=said).end()
    assert store.traces()[0].spans[0].name == "GET (no route)"
    assert "secret" not in repr(store.traces())


def test_texts_are_cut() -> None:
    store = SpanStore()
    tree(tracer_of(store), 1, {"juyang.letter.type": "x" * 10_000})
    assert max(len(span.name) for span in store.traces()[0].spans) == LONGEST_TEXT


def test_failures_outlive_their_traces_and_are_bounded_too() -> None:
    store = SpanStore(most_traces=2)
    tracer = tracer_of(store)
    failed = request(tracer, status=503)
    assert not [request(tracer, status=422) for _ in range(5) if store.errors() == []]
    assert [span.trace_id for span in store.errors()] == [failed]
    for _ in range(MOST_ERRORS + 10):
        request(tracer, status=500)
    assert len(store.errors()) == MOST_ERRORS


def test_a_span_that_says_only_error_counts_as_a_failure() -> None:
    store = SpanStore()
    span = tracer_of(store).start_span("heard", kind=SpanKind.CONSUMER)
    span.set_status(StatusCode.ERROR, "a message that may say a name")
    span.end()
    assert store.errors()[0].failed
    assert "may say" not in repr(store.errors())
