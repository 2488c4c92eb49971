"""The demo's templates: a small tree of categories, with texts that a shop really sends, in two languages."""

from dataclasses import dataclass

from django.db import transaction

from console.accounts.models import Project, User
from messaging.library.categories import add_category
from messaging.library.templates import TemplateText, change_template, create_template
from messaging.models import Category, Template
from messaging.policies.advertising import apply_statements
from messaging.states import MessageType, Purpose

ORDERS, MEMBERS, EVENTS, ENGLISH = ("주문·배송",), ("회원",), ("행사",), ("주문·배송", "English")


@dataclass(frozen=True)
class Draft:
    """A template of the demo. `earlier` is what it said before somebody changed it."""

    name: str
    category: tuple[str, ...]
    body: str
    message_type: MessageType = MessageType.SMS
    purpose: Purpose = Purpose.GENERAL
    subject: str = ""
    earlier: str = ""


DRAFTS = (
    Draft("주문 확인", ORDERS, "[Acme] ##name##님, 주문 ##order##을(를) 받았습니다. 감사합니다."),
    Draft(
        "배송 출발 안내",
        ORDERS,
        "[Acme] ##name##님, 주문 ##order## 상품이 출발했습니다. 오늘 도착합니다.",
        earlier="[Acme] ##name##님의 상품이 출발했습니다.",
    ),
    Draft(
        "Order shipped",
        ENGLISH,
        "[Acme] Hello ##name##, your order ##order## is on its way.",
    ),
    Draft(
        "약관 변경 안내",
        MEMBERS,
        "##name##님, 안녕하세요. Acme입니다.\n##date##부터 회원 약관이 바뀝니다. 누리집에서 확인해 주세요.",
        message_type=MessageType.LMS,
        subject="약관 변경 안내",
    ),
    Draft("예약 확인", MEMBERS, "[Acme] ##date## ##time## 방문 예약이 확인되었습니다."),
    Draft("인증번호", MEMBERS, "[Acme] 인증번호 [##code##]를 입력해 주세요.", purpose=Purpose.AUTHENTICATION),
    Draft(
        "주말 행사",
        EVENTS,
        "[Acme] ##name##님, 이번 주말 ##store##에서 감사 행사를 엽니다. 회원은 모든 상품이 20% 쌉니다.",
        message_type=MessageType.LMS,
        purpose=Purpose.ADVERTISING,
        subject="주말 감사 행사",
    ),
    Draft("새 상품", EVENTS, "[Acme] ##item## 입고! 오늘만 무료 배송", purpose=Purpose.ADVERTISING),
)


@transaction.atomic
def make_templates(project: Project, user: User, line_number: str) -> dict[str, Template]:
    """The project's templates by name, made where it never had any; a person may have deleted some since."""
    if not Template.objects.filter(project=project).exists():
        categories: dict[tuple[str, ...], Category] = {}
        for draft in DRAFTS:
            _make(project, user, draft, _category(project, draft.category, categories), line_number)
    return {row.name: row for row in Template.objects.filter(project=project, deleted_at=None)}


def _category(project: Project, path: tuple[str, ...], known: dict[tuple[str, ...], Category]) -> Category:
    """The category at that path, made with those above it."""
    if path not in known:
        parent = _category(project, path[:-1], known) if len(path) > 1 else None
        known[path] = add_category(project=project, parent=parent, name=path[-1])
    return known[path]


def _make(project: Project, user: User, draft: Draft, category: Category, line_number: str) -> None:
    texts = [body for body in (draft.earlier, draft.body) if body]
    first, *later = [_text(draft, body, line_number) for body in texts]
    template = create_template(project=project, user=user, category=category, name=draft.name, text=first)
    for text in later:
        change_template(
            template=template, user=user, name=draft.name, category=category, text=text, seen_version=1
        )


def _text(draft: Draft, body: str, line_number: str) -> TemplateText:
    is_advertising = draft.purpose == Purpose.ADVERTISING
    return TemplateText(
        message_type=draft.message_type,
        purpose=draft.purpose,
        subject=draft.subject,
        body=apply_statements(body, line_number) if is_advertising else body,
    )
