"""The forms of signing in, proving, enrolling and devices."""

from typing import Annotated, Literal

from pydantic import Field

from bedboard.rules.devices import Label
from bedboard.schemas.fields import Form
from bedboard.schemas.forms import ProofText

CodeText = Annotated[str, Field(min_length=1, max_length=120)]


class OptionsForm(Form):
    """A browser asks for the options of a ceremony."""


class SignInForm(Form):
    """The answer of a passkey. `next`: the page of ours that was asked for."""

    proof: ProofText
    next: str = "/"


class StepUpForm(Form):
    """A fresh proof, empty in a demo. `back`: the page of ours to which it leads."""

    proof: ProofText = ""
    back: str = "/"


class AccountForm(Form):
    """A press that leads to the provider. `next`, `back`: the page of ours that comes after it."""

    next: str = "/"
    back: str = "/"


class CodeForm(Form):
    """A code that connects an account."""

    code: CodeText


class EnrolOptionsForm(Form):
    """A code, to be tried before the browser makes a passkey."""

    code: CodeText
    label: Label


class EnrolForm(EnrolOptionsForm):
    """A code and the passkey that was made with it."""

    proof: ProofText


class AddForm(Form):
    """A passkey that was made for somebody who is signed in."""

    label: Label
    proof: ProofText


class LabelForm(Form):
    """The kind of device of a passkey."""

    label: Label


class EndForm(Form):
    """A passkey is removed. `last`: the person knows that it is the last one."""

    last: Literal["yes"] | None = None
