"""What the engine does with queries that pass a limit, and what others notice of it: nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from publisher.release import Release
from server.engine import errors
from server.engine.cancellation import Cancellation
from server.engine.client import Engine
from server.engine.lanes import Attempts, Question
from server.engine.process import EngineProcess
from server.query import reading
from tests import large
from tests.engine.conftest import (
    COUNT,
    CRASHING,
    ENDLESS,
    GREEDY,
    ROWS,
    TSV,
    at_rest,
    eventually,
    running,
    runtime,
    text,
    workers,
)

Connect = Callable[[EngineProcess], Engine]
Start = Callable[..., EngineProcess]
LARGE = "SELECT * { ?s ?p ?o VALUES ?n { 1 2 3 4 5 6 7 } }"


def took(action: Callable[[], object]) -> float:
    began = time.monotonic()
    action()
    return time.monotonic() - began


def refuse(
    engine: Engine, query: str, kind: type[errors.EngineError], **options: float
) -> errors.EngineError:
    with pytest.raises(kind) as caught:
        text(engine, query, **options)
    return caught.value


def test_the_deadline_holds_inside_native_code(engine: Engine) -> None:
    seconds = took(lambda: refuse(engine, ENDLESS, errors.QueryTimeout))
    assert 1.0 <= seconds < 3


def test_the_deadline_holds_while_sorting_rows(engine: Engine) -> None:
    refuse(
        engine,
        "SELECT * { ?a ?b ?c . ?d ?e ?f FILTER(?c = ?f) } ORDER BY RAND()",
        errors.EngineError,
    )


def test_a_deadline_can_be_shortened_but_not_prolonged(engine: Engine) -> None:
    assert took(lambda: refuse(engine, ENDLESS, errors.QueryTimeout, deadline=0.2)) < 0.9
    error = refuse(engine, ENDLESS, errors.QueryTimeout, deadline=20.0)
    assert isinstance(error, errors.QueryTimeout)
    assert error.seconds == 1.0


def test_the_next_query_is_answered_at_once(engine: Engine) -> None:
    refuse(engine, ENDLESS, errors.QueryTimeout, deadline=0.1)
    assert took(lambda: text(engine, COUNT)) < 1


def test_too_much_memory(engine: Engine) -> None:
    error = refuse(engine, GREEDY, errors.MemoryExceeded)
    assert isinstance(error, errors.MemoryExceeded)
    assert error.mb == 128


def test_a_crash_is_contained(engine: Engine) -> None:
    error = refuse(engine, CRASHING, errors.WorkerCrashed)
    assert isinstance(error, errors.WorkerCrashed)
    assert error.signal == 11
    assert "2007" in text(engine, COUNT)


def test_an_answer_that_is_too_large_breaks_off(engine: Engine) -> None:
    pieces: list[bytes] = []
    answer = engine.query(ROWS, accept_form=TSV)
    with pytest.raises(errors.ResultTooLarge) as caught:
        pieces.extend(answer)
    assert caught.value.mb == 4


def test_a_graph_too_large_to_begin_with(engine: Engine) -> None:
    query = "CONSTRUCT { ?s ?p ?o2 } { ?s ?p ?o . BIND(CONCAT(%s) AS ?o2) }"
    long = ", ".join(['"%s"' % ("x" * 4000)] * 10)
    with pytest.raises(errors.ResultTooLarge):
        text(engine, query % f"STR(?o), {long}", "application/n-triples")


def test_too_many_queries_wait_and_then_are_turned_away(
    start: Callable[..., EngineProcess], connect: Callable[[EngineProcess], Engine]
) -> None:
    process = start()
    slow = connect(process)
    more = connect(process)
    other = connect(process)
    # Four run in common slots, two in those for short queries, as they may for as long as that.
    threads = [
        threading.Thread(target=refuse, args=(client, ENDLESS, errors.QueryTimeout))
        for client in (slow, slow, slow, slow, more, more)
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    seconds = took(lambda: refuse(other, COUNT, errors.EngineBusy))
    assert seconds > 0.4
    for thread in threads:
        thread.join()
    assert "2007" in text(other, COUNT)


@pytest.fixture(scope="module")
def patient_release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A query may take longer than the slots for short ones allow."""
    return large.build(
        tmp_path_factory.mktemp("patient"),
        deadline_seconds=4.0,
        concurrent_queries=2,
        queue_seconds=0.5,
    )


@pytest.fixture
def taken(patient_release: Release, start: Start) -> Iterator[EngineProcess]:
    """An engine all of whose common slots are taken by queries that never end."""
    process = start(patient_release.path)
    slow = Engine(process.socket, patient_release.limits)
    ends = [Cancellation() for _ in range(2)]
    threads = [
        threading.Thread(
            target=refuse, args=(slow, ENDLESS, errors.EngineError), kwargs={"cancellation": end}
        )
        for end in ends
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    yield process
    for end in ends:
        end.cancel()
    for thread in threads:
        thread.join()


def test_short_queries_pass_when_all_slots_are_taken(
    taken: EngineProcess, patient_release: Release
) -> None:
    other = Engine(taken.socket, patient_release.limits)
    assert took(lambda: [text(other, COUNT) for _ in range(5)]) < 2
    other.close()


def test_a_long_query_that_finds_all_slots_taken_waits_for_one(
    taken: EngineProcess, patient_release: Release
) -> None:
    other = Engine(taken.socket, patient_release.limits)
    error = refuse(other, ENDLESS, errors.EngineBusy)
    assert isinstance(error, errors.EngineBusy)
    assert error.seconds == 0.5
    # A short deadline is met all the same, and told as what it is.
    assert took(lambda: refuse(other, ENDLESS, errors.QueryTimeout, deadline=0.3)) < 2
    other.close()


def test_a_long_answer_is_not_begun_in_a_slot_for_short_ones(
    taken: EngineProcess, patient_release: Release
) -> None:
    other = Engine(taken.socket, patient_release.limits)
    for _ in range(2):
        # At once, and not when the answer is read: a busy server can still say so.
        with pytest.raises(errors.EngineBusy):
            other.query(LARGE, accept_form=TSV)
    assert "2007" in text(other, COUNT)
    other.close()


def test_a_host_that_stands_still_is_not_asked_again(release: Release) -> None:
    attempts = Attempts(Question.of(reading.read(COUNT), TSV, release.limits))
    assert not attempts.again(errors.EngineStalled("it says nothing"))
    assert attempts.again(errors.EngineGone("it was ended"))
    with pytest.raises(errors.EngineGone):
        attempts.again(errors.EngineGone("it was ended once more"))


def test_a_long_query_goes_on_when_a_slot_comes_free(
    patient_release: Release, start: Start
) -> None:
    process = start(patient_release.path)
    slow = Engine(process.socket, patient_release.limits)
    other = Engine(process.socket, patient_release.limits)
    threads = [
        threading.Thread(
            target=refuse,
            args=(slow, ENDLESS, errors.QueryTimeout),
            kwargs={"deadline": deadline},
        )
        for deadline in (1.4, 3.0)
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    # It runs for a second in a slot for short ones, then in that of the first.
    seconds = took(lambda: refuse(other, ENDLESS, errors.QueryTimeout, deadline=1.5))
    assert 2.4 < seconds < 6
    for thread in threads:
        thread.join()
    slow.close()
    other.close()


def test_a_query_that_waits_gets_its_turn(
    start: Callable[..., EngineProcess], connect: Callable[[EngineProcess], Engine]
) -> None:
    process = start()
    slow = connect(process)
    other = connect(process)
    threads = [
        threading.Thread(
            target=refuse,
            args=(slow, ENDLESS, errors.QueryTimeout),
            kwargs={"deadline": 0.3},
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    assert "2007" in text(other, COUNT)
    for thread in threads:
        thread.join()


def test_readers_that_stand_still_hold_up_nobody(
    start: Callable[..., EngineProcess], connect: Callable[[EngineProcess], Engine]
) -> None:
    process = start()
    slow = connect(process)
    other = connect(process)
    answers = [slow.query(LARGE, accept_form=TSV) for _ in range(4)]
    # Longer than the deadline: it does not count the time in which nobody reads.
    time.sleep(1.2)
    for _ in range(4):
        assert "2007" in text(other, COUNT)
    for answer in answers:
        assert len(b"".join(answer).splitlines()) == 1 + 7 * 2007


def test_idle_connections_give_way(
    start: Callable[..., EngineProcess], connect: Callable[[EngineProcess], Engine]
) -> None:
    process = start(lanes=4)
    first = connect(process)
    second = connect(process)
    answers = [first.query(LARGE, accept_form=TSV) for _ in range(4)]
    for answer in answers:
        assert len(b"".join(answer).splitlines()) == 1 + 7 * 2007
    # All lanes lie idle in the first one's pool.
    for _ in range(3):
        assert "2007" in text(second, COUNT)
        assert "2007" in text(first, COUNT)


def test_leaving_an_answer_ends_its_worker(
    start: Callable[..., EngineProcess], connect: Callable[[EngineProcess], Engine]
) -> None:
    process = start()
    engine = connect(process)
    answer = engine.query(ROWS, accept_form=TSV)
    answer.close()
    assert eventually(lambda: at_rest(process.pid), 0.8)
    assert "2007" in text(engine, COUNT)


def test_short_queries_pass_long_ones(
    start: Callable[..., EngineProcess], connect: Callable[[EngineProcess], Engine]
) -> None:
    process = start()
    slow = connect(process)
    other = connect(process)
    threads = [
        threading.Thread(target=refuse, args=(slow, ENDLESS, errors.QueryTimeout)) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    times = sorted(took(lambda: text(other, COUNT)) for _ in range(20))
    for thread in threads:
        thread.join()
    assert times[10] < 0.3


def test_a_deadline_does_not_outlive_its_query(start: Start, connect: Connect) -> None:
    process = start()
    engine = connect(process)
    text(engine, COUNT)
    at_work = max(workers(process.pid), key=runtime)
    time.sleep(1.2)
    assert running(at_work)
    before = runtime(at_work)
    text(engine, COUNT)
    assert runtime(at_work) > before
    # Idle for a while, it sleeps.
    time.sleep(0.2)
    before = runtime(at_work)
    time.sleep(0.3)
    assert runtime(at_work) == before
