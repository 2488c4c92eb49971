"""Choices of a state: each with its word and its colour, in the console's one palette.

Grey waits, blue moves, green is done, amber needs a person, red failed.
"""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.enums import ChoicesType

if TYPE_CHECKING:
    ColouredType = ChoicesType  # a type checker knows Django's own choices, and no metaclass beside theirs
else:

    class ColouredType(ChoicesType):
        """Reads members written `NAME = "VALUE", _("Label"), "colour"`."""

        def __new__(metacls, classname: str, bases: tuple[type, ...], classdict: Any, **kwargs: Any) -> Any:
            colours = []
            for key in list(classdict._member_names):
                value, label, colour = classdict[key]
                dict.__setitem__(classdict, key, (value, label))
                colours.append(colour)
            cls = super().__new__(metacls, classname, bases, classdict, **kwargs)
            for member, colour in zip(cls, colours, strict=True):
                member._colour_ = colour
            return cls


class ColouredChoices(models.TextChoices, metaclass=ColouredType):
    """Text choices whose members carry the colour of their chip."""

    @property
    def colour(self) -> str:
        """One of grey, blue, green, amber, red."""
        return str(self._colour_)  # type: ignore[attr-defined]


def coloured(instance: models.Model, field: str = "state") -> ColouredChoices:
    """The member of coloured choices that this field of the instance holds.

    A model field keeps only values and labels; its default is a member, and leads back to the choices.
    Raises TypeError for a field whose default is no member of coloured choices.
    """
    default = instance._meta.get_field(field).default  # type: ignore[union-attr]
    if not isinstance(default, ColouredChoices):
        raise TypeError(f"{type(instance).__name__}.{field} has no default among coloured choices.")
    return type(default)(getattr(instance, field))
