"""What Altinn refuses the stand-in refuses: the shape of a request, and every rule with a code."""

from typing import Any

import pytest
from altinn_letters import BASE, PART, Sender

CONTENT = "correspondence.content"
LETTER = "correspondence"
TOLD = f"{LETTER}.notification"
EMAIL = {
    f"{TOLD}.notificationTemplate": "GenericAltinnMessage",
    f"{TOLD}.notificationChannel": "Email",
}
CUSTOM = {f"{TOLD}.notificationTemplate": "CustomMessage"}
HTTPS = "https://example.no/"

SHAPE: dict[str, dict[str, Any]] = {
    "no recipient": {"recipients[0]": None},
    "somebody who is nobody": {"recipients[0]": "Oline"},
    "wrong check digits": {"recipients[0]": "01818550028"},
    "no resource": {f"{LETTER}.resourceId": None},
    "a colon in the resource": {f"{LETTER}.resourceId": "a:b"},
    "a resource too long": {f"{LETTER}.resourceId": "x" * 256},
    "no reference": {f"{LETTER}.sendersReference": None},
    "a reference too long": {f"{LETTER}.sendersReference": "x" * 4097},
    "no title": {f"{CONTENT}.messageTitle": ""},
    "a title too long": {f"{CONTENT}.messageTitle": "x" * 256},
    "a summary too long": {f"{CONTENT}.messageSummary": "x" * 256},
    "a body too long": {f"{CONTENT}.messageBody": "x" * 30_001},
    "a sender's name too long": {f"{LETTER}.messageSender": "x" * 256},
    "a key that is none": {"idempotentKey": "key-1"},
    "a time that is none": {f"{LETTER}.requestedPublishTime": "tomorrow"},
    "eleven properties": {f"{LETTER}.propertyList.p{n}": "x" for n in range(11)},
    "a property's name too long": {f"{LETTER}.propertyList.{'k' * 51}": "x"},
    "a property too long": {f"{LETTER}.propertyList.key": "x" * 301},
    "a reference to a transmission": {
        f"{LETTER}.externalReferences[0].referenceType": "DialogportenTransmissionId",
        f"{LETTER}.externalReferences[0].referenceValue": "x",
    },
    "an e-mail's subject too long": {**EMAIL, f"{TOLD}.emailSubject": "x" * 513},
    "an e-mail too long": {**EMAIL, f"{TOLD}.emailBody": "x" * 10_001},
    "a message too long": {**EMAIL, f"{TOLD}.smsBody": "x" * 2145},
    "no channel": {f"{TOLD}.notificationTemplate": "GenericAltinnMessage"},
    "a channel there is not": {**EMAIL, f"{TOLD}.notificationChannel": "Pigeon"},
    "a field there is not": {f"{LETTER}.allowSystemDeleteAfter": "2027-01-01T00:00:00Z"},
    "a file name too long": {f"{PART}.fileName": "x" * 252 + ".pdf"},
    "an attachment without reference": {f"{PART}.sendersReference": None},
}


@pytest.mark.parametrize("changes", SHAPE.values(), ids=list(SHAPE))
def test_a_wrong_shape_is_refused_without_a_code(
    one_sender: Sender, changes: dict[str, Any]
) -> None:
    answer = one_sender.send(**changes)
    said = answer.json()

    assert answer.status_code == 400, answer.text
    assert said["errors"]
    assert {"code", "errorCode"} & set(said) == set()


def custom(channel: str, **texts: str) -> dict[str, str]:
    return {
        **CUSTOM,
        f"{TOLD}.notificationChannel": channel,
        **{f"{TOLD}.{name}": text for name, text in texts.items()},
    }


def recipient(**given: str) -> dict[str, str]:
    fields = {f"{TOLD}.customRecipients[0].{name}": text for name, text in given.items()}
    return {**EMAIL, **fields}


def dialog(value: str) -> dict[str, str]:
    part = f"{LETTER}.externalReferences[0]"
    return {f"{part}.referenceType": "DialogportenDialogId", f"{part}.referenceValue": value}


MAIL = {"emailSubject": "x", "emailBody": "x"}
TRANSMISSION = {
    f"{LETTER}.externalReferences[0].referenceType": "DialogportenTransmissionType",
    f"{LETTER}.externalReferences[0].referenceValue": "1",
}
RULES: dict[str, tuple[int, dict[str, Any]]] = {
    "a title with markup": (1002, {f"{CONTENT}.messageTitle": "*Viktig*"}),
    "a body in HTML": (1003, {f"{CONTENT}.messageBody": "Se <b>vedlegg</b>"}),
    "a file not described": (
        1005,
        {f"{PART}.fileName": None, f"{PART}.sendersReference": None, f"{PART}.checksum": None},
    ),
    "the same twice": (
        1006,
        {"recipients[0]": "01818550029", "recipients[1]": "01818550029", "idempotentKey": None},
    ),
    "due yesterday": (1008, {f"{LETTER}.dueDateTime": "2026-11-22T08:00:00Z"}),
    "due before publication": (
        1009,
        {
            f"{LETTER}.dueDateTime": "2026-11-24T08:00:00Z",
            f"{LETTER}.requestedPublishTime": "2026-11-25T08:00:00Z",
        },
    ),
    "to be confirmed by no date": (1016, {f"{LETTER}.isConfirmationNeeded": "true"}),
    "a blank title": (1020, {f"{CONTENT}.messageTitle": "   "}),
    "a blank body": (1021, {f"{CONTENT}.messageBody": "  "}),
    "a language it lacks": (1023, {f"{CONTENT}.language": "se"}),
    "a key of zeroes": (1033, {"idempotentKey": "00000000-0000-0000-0000-000000000000"}),
    "a link without https": (1035, {f"{LETTER}.replyOptions[0].linkURL": "http://example.no"}),
    "a link too long": (1035, {f"{LETTER}.replyOptions[0].linkURL": HTTPS + "x" * 250}),
    "a sender's name with markup": (1039, {f"{LETTER}.messageSender": "_Kommune_"}),
    "a key and two": (1047, {"recipients[1]": "01818550029"}),
    "a dialog that is none": (1048, dialog("x")),
    "a transmission without dialog": (1053, TRANSMISSION),
    "forwarding where it is not": (1068, {f"{LETTER}.allowForwarding": "true"}),
    "a checksum of something else": (2008, {f"{PART}.checksum": "0" * 32}),
    "a checksum in capitals": (2008, {f"{PART}.checksum": "A" * 32}),
    "a file without name": (2010, {f"{PART}.fileName": ""}),
    "a file name too long in bytes": (2011, {f"{PART}.fileName": "ø" * 130 + ".pdf"}),
    "a file name with a star": (2012, {f"{PART}.fileName": "b*rev.pdf"}),
    "a file type it lacks": (2013, {f"{PART}.fileName": "brev.exe"}),
    "a file that goes too soon": (2017, {f"{PART}.expirationInDays": "0"}),
    "a device's name": (2021, {f"{PART}.fileName": "con.pdf"}),
    "an e-mail without text": (3002, custom("Email", emailSubject="x")),
    "a reminder without text": (3003, custom("Email", **MAIL, sendReminder="true")),
    "a message without text": (3004, custom("Sms", **MAIL)),
    "preferred, with one text": (3006, custom("EmailPreferred", **MAIL)),
    "both, with one text": (3024, custom("EmailAndSms", smsBody="x")),
    "an address that is none": (3011, recipient(emailAddress="her")),
    "a telephone that is none": (3012, recipient(mobileNumber="her")),
    "two ways to one": (3018, recipient(emailAddress="a@example.no", mobileNumber="+4799999999")),
    "nobody else": (3019, recipient(isReserved="false")),
    "only others, and none": (
        3022,
        {**EMAIL, f"{TOLD}.overrideRegisteredContactInformation": "true"},
    ),
}


@pytest.mark.parametrize(("code", "changes"), RULES.values(), ids=list(RULES))
def test_a_broken_rule_is_refused_by_its_code(
    one_sender: Sender, code: int, changes: dict[str, Any]
) -> None:
    answer = one_sender.send(**changes)

    assert (answer.status_code, answer.json().get("errorCode")) == (400, code), answer.text
    assert answer.json()["code"] == f"CORR-{code:05d}"


FINE: dict[str, dict[str, Any]] = {
    "names in any case": {"CORRESPONDENCE.MESSAGESENDER": "Prøve kommune"},
    "an organisation": {"recipients[0]": "0192:310000108"},
    "an address": {"recipients[0]": "urn:altinn:person:idporten-email:a@example.no"},
    "a notification": EMAIL,
    "an enum by its number": {**EMAIL, f"{TOLD}.notificationChannel": "Sms"},
    "a custom text": custom("EmailAndSms", **MAIL, smsBody="x"),
    "a dialog": dialog("0199d0aa-6666-7b11-8111-111111111111"),
    "a link": {f"{LETTER}.replyOptions[0].linkURL": HTTPS},
    "a past time": {f"{LETTER}.requestedPublishTime": "2020-01-01T00:00:00Z"},
}


@pytest.mark.parametrize("changes", FINE.values(), ids=list(FINE))
def test_what_altinn_takes_it_takes(one_sender: Sender, changes: dict[str, Any]) -> None:
    one_sender.altinn.set_readers(**{"310000108": "never"})

    answer = one_sender.send(**changes)

    assert answer.status_code == 200, answer.text
    assert answer.json()["correspondences"][0]["recipient"].startswith("urn:altinn:")


def test_more_than_500_recipients_or_100_attachments_are_too_many(one_sender: Sender) -> None:
    many = one_sender.json(*(["01818550029"] * 501))
    files = one_sender.json()
    part = {"fileName": "a.pdf", "sendersReference": "1"}
    files["correspondence"]["content"]["attachments"] = [part] * 101

    answers = [one_sender.post("/correspondence", body) for body in (many, files)]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert [answer.json().get("errorCode") for answer in answers] == [None, 1038]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe"],
    ids=["", "{", "[]", "null", "text", "?"],
)
def test_what_is_no_json_object_is_refused(one_sender: Sender, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}

    assert one_sender.client.post(BASE, content=body, headers=headers).status_code == 400


def test_answers_come_only_in_what_the_operation_makes(one_sender: Sender) -> None:
    def asked(accept: str) -> int:
        query = {"resourceId": "a", "role": "Sender"}
        headers = {"Accept": accept}
        return one_sender.client.get(BASE, params=query, headers=headers).status_code

    assert [asked(one) for one in ("*/*", "text/html, application/json;q=0.9")] == [200, 200]
    assert [asked(one) for one in ("text/html", "application/xml")] == [406, 406]
