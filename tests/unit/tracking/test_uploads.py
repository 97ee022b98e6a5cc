import pytest

from chalicelib.tracking.models import Turn, Upload, source_pk
from chalicelib.tracking.outcomes import AccountingLawBroken, Outcome
from chalicelib.tracking.states import ImpossibleTransition, UploadState
from chalicelib.tracking.uploads import BadCursor, Reason, UnknownUpload, Uploads
from tests.unit.conftest import TurnedClock
from tests.unit.tracking.conftest import new_upload, totals


def test_claiming_the_same_object_version_twice_gives_one_upload(uploads: Uploads) -> None:
    first = uploads.claim(new_upload())
    second = uploads.claim(new_upload())
    assert (second.upload_id, second.received_at) == (first.upload_id, first.received_at)
    assert Turn.count(source_pk("pos")) == 1


def test_a_claimed_upload_is_open_and_received(uploads: Uploads) -> None:
    upload = uploads.claim(new_upload())
    assert upload.upload_state is UploadState.RECEIVED
    assert [found.upload_id for found in uploads.open()] == ["u1"]
    assert uploads.exists("u1")
    assert not uploads.exists("u2")


def test_an_unknown_upload_is_an_error_of_its_own(uploads: Uploads) -> None:
    with pytest.raises(UnknownUpload, match="u9"):
        uploads.get("u9")


def test_the_mapping_is_pinned_when_preparing_begins_and_stays(uploads: Uploads) -> None:
    uploads.claim(new_upload())
    uploads.set_preparing("u1", mapping_key="mappings/pos.json", mapping_version_id="v1", prepare_settings={})
    upload = uploads.set_preparing("u1", mapping_key="mappings/pos.json", mapping_version_id="v2", prepare_settings={})
    assert (upload.upload_state, upload.mapping_version_id) == (UploadState.PREPARING, "v1")


def test_recording_makes_the_good_rows_pending(uploads: Uploads) -> None:
    uploads.claim(new_upload())
    uploads.set_preparing("u1", mapping_key=None, mapping_version_id=None, prepare_settings={})
    uploads.set_submitting("u1", totals(good=7, rejected=2, skipped=1))
    uploads.set_submitting("u1", totals(good=7, rejected=2, skipped=1))
    upload = uploads.get("u1")
    assert (upload.rows_read, upload.pending, upload.rejected, upload.skipped) == (10, 7, 2, 1)
    assert upload.upload_state is UploadState.SUBMITTING


def test_counts_that_break_the_law_are_never_recorded(uploads: Uploads) -> None:
    uploads.claim(new_upload())
    uploads.set_preparing("u1", mapping_key=None, mapping_version_id=None, prepare_settings={})
    wrong = totals(good=7)
    with pytest.raises(AccountingLawBroken):
        uploads.set_submitting("u1", type(wrong)(**{**wrong.__dict__, "rows_read": 8}))
    assert uploads.get("u1").upload_state is UploadState.PREPARING


def test_the_good_rows_of_a_wrong_file_are_not_sent(uploads: Uploads) -> None:
    uploads.claim(new_upload())
    uploads.set_preparing("u1", mapping_key=None, mapping_version_id=None, prepare_settings={})
    reason = Reason("json_broken", "Broken at byte 9.", file_is_wrong=True)
    uploads.set_invalid_totals("u1", totals(good=7, rejected=3), reason)
    upload = uploads.set_final(uploads.close_submission(uploads.get("u1")))
    assert upload.upload_state is UploadState.INVALID
    assert (upload.not_sent, upload.rejected, upload.pending) == (7, 3, 0)
    assert upload.reason == "Broken at byte 9."
    uploads.set_invalid_totals("u1", totals(good=7, rejected=3), reason)
    assert uploads.get("u1").not_sent == 7


def test_an_impossible_transition_is_an_error(uploads: Uploads) -> None:
    uploads.claim(new_upload())
    with pytest.raises(ImpossibleTransition, match="RECEIVED"):
        uploads.set_submitting("u1", totals(good=1))


def test_the_first_reason_given_stays(uploads: Uploads) -> None:
    uploads.claim(new_upload())
    uploads.stop_submission("u1", Reason("first", "The first."))
    upload = uploads.stop_submission("u1", Reason("second", "The second.", file_is_wrong=True))
    assert (upload.reason_code, upload.reason, upload.file_is_wrong) == ("first", "The first.", False)
    assert upload.submission_stopped


def test_an_upload_without_pending_rows_keeps_its_state_when_its_submission_is_closed(uploads: Uploads) -> None:
    uploads.claim(new_upload())
    upload = uploads.close_submission(uploads.get("u1"))
    assert upload.upload_state is UploadState.RECEIVED
    first = upload.submission_closed_at
    assert uploads.close_submission(uploads.get("u1")).submission_closed_at == first
    assert uploads.set_final(upload).upload_state is UploadState.FAILED


def test_an_upload_with_pending_rows_cannot_end(uploads: Uploads) -> None:
    uploads.claim(new_upload())
    uploads.set_preparing("u1", mapping_key=None, mapping_version_id=None, prepare_settings={})
    uploads.set_submitting("u1", totals(good=1))
    with pytest.raises(AccountingLawBroken, match="pending"):
        uploads.set_final(uploads.get("u1"))


def test_a_notified_upload_is_no_longer_open(uploads: Uploads) -> None:
    uploads.claim(new_upload())
    uploads.set_notified("u1")
    assert list(uploads.open()) == []
    assert uploads.get("u1").open is None


def test_a_write_to_an_upload_that_is_not_there_makes_none(uploads: Uploads) -> None:
    with pytest.raises(UnknownUpload):
        uploads.set_preparing("u9", mapping_key=None, mapping_version_id=None, prepare_settings={})
    assert Upload.count("UPLOAD#u9") == 0


def test_uploads_are_listed_newest_first_page_by_page(uploads: Uploads, clock: TurnedClock) -> None:
    for number in range(5):
        uploads.claim(new_upload(f"u{number}"))
        clock.turn(minutes=1)
    seen: list[str] = []
    cursor = None
    while True:
        page, cursor = uploads.page(state=None, limit=2, cursor=cursor)
        assert len(page) <= 2
        seen += [upload.upload_id for upload in page]
        if not cursor:
            break
    assert seen == ["u4", "u3", "u2", "u1", "u0"]


def test_uploads_are_filtered_by_state(uploads: Uploads) -> None:
    for number in range(3):
        uploads.claim(new_upload(f"u{number}"))
    uploads.set_preparing("u1", mapping_key=None, mapping_version_id=None, prepare_settings={})
    page, _ = uploads.page(state=UploadState.PREPARING, limit=10, cursor=None)
    assert [upload.upload_id for upload in page] == ["u1"]


@pytest.mark.parametrize("cursor", ["x", "e30=", "W10=", "bnVsbA==", "🙂"])
def test_a_forged_cursor_is_an_error_of_its_own(uploads: Uploads, cursor: str) -> None:
    with pytest.raises(BadCursor):
        uploads.page(state=None, limit=2, cursor=cursor)


def test_the_counts_of_a_new_upload_are_all_zero(uploads: Uploads) -> None:
    assert set(uploads.claim(new_upload()).counts.values()) == {0}
    assert set(uploads.get("u1").counts) == set(Outcome)
