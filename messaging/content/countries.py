"""The countries to which messages can go, by the calling code that a message keeps. Pure, no database.

A country of the American numbering plan is its area code with the 1 before it (Jamaica: 1876); 1 alone is the
United States and Canada. Some countries have several codes; the first names the country in settings, blocks
and addresses. Names stand here in both languages, not in the catalogues, so that each is found by either.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

AMERICA = 1
AREA_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Country:
    """Where messages can go. `codes`: every calling code of it, the one that names it first."""

    codes: tuple[int, ...]
    english: str
    korean: str

    @property
    def code(self) -> int:
        return self.codes[0]

    @property
    def name(self) -> str:
        """In the language of who asks."""
        # Here, since the child that reads files of recipients knows nothing of Django.
        from django.utils.translation import get_language

        return self.korean if (get_language() or "").startswith("ko") else self.english

    @property
    def dialled(self) -> str:
        """Its codes as people write them: `+1787, +1939`."""
        return ", ".join(f"+{code}" for code in self.codes)

    @property
    def words(self) -> str:
        """What it is searched by: both names and its codes, in lower case."""
        return f"{self.english} {self.korean} {self.dialled}".lower()

    def __str__(self) -> str:
        return self.name


HOME = Country((82,), "South Korea", "대한민국")

# As the international sending policy lists them.
COUNTRIES: tuple[Country, ...] = (
    Country((1,), "United States / Canada", "미국 / 캐나다"),
    Country((7,), "Russia / Kazakhstan", "러시아 / 카자흐스탄"),
    Country((20,), "Egypt", "이집트"),
    Country((27,), "South Africa", "남아프리카 공화국"),
    Country((30,), "Greece", "그리스"),
    Country((31,), "Netherlands", "네덜란드"),
    Country((32,), "Belgium", "벨기에"),
    Country((33,), "France", "프랑스"),
    Country((34,), "Spain", "스페인"),
    Country((36,), "Hungary", "헝가리"),
    Country((39,), "Italy", "이탈리아"),
    Country((40,), "Romania", "루마니아"),
    Country((41,), "Switzerland", "스위스"),
    Country((43,), "Austria", "오스트리아"),
    Country((44,), "United Kingdom", "영국"),
    Country((45,), "Denmark", "덴마크"),
    Country((46,), "Sweden", "스웨덴"),
    Country((47,), "Norway", "노르웨이"),
    Country((48,), "Poland", "폴란드"),
    Country((49,), "Germany", "독일"),
    Country((51,), "Peru", "페루"),
    Country((52,), "Mexico", "멕시코"),
    Country((53,), "Cuba", "쿠바"),
    Country((54,), "Argentina", "아르헨티나"),
    Country((55,), "Brazil", "브라질"),
    Country((56,), "Chile", "칠레"),
    Country((57,), "Colombia", "콜롬비아"),
    Country((58,), "Venezuela", "베네수엘라"),
    Country((60,), "Malaysia", "말레이시아"),
    Country((61,), "Australia", "호주"),
    Country((62,), "Indonesia", "인도네시아"),
    Country((63,), "Philippines", "필리핀"),
    Country((64,), "New Zealand", "뉴질랜드"),
    Country((65,), "Singapore", "싱가포르"),
    Country((66,), "Thailand", "태국"),
    Country((81,), "Japan", "일본"),
    Country((84,), "Vietnam", "베트남"),
    Country((86,), "China", "중국"),
    Country((90,), "Türkiye", "튀르키예"),
    Country((91,), "India", "인도"),
    Country((92,), "Pakistan", "파키스탄"),
    Country((93,), "Afghanistan", "아프가니스탄"),
    Country((94,), "Sri Lanka", "스리랑카"),
    Country((95,), "Myanmar", "미얀마"),
    Country((98,), "Iran", "이란"),
    Country((211,), "South Sudan", "남수단"),
    Country((212,), "Morocco", "모로코"),
    Country((213,), "Algeria", "알제리"),
    Country((216,), "Tunisia", "튀니지"),
    Country((218,), "Libya", "리비아"),
    Country((220,), "Gambia", "감비아"),
    Country((221,), "Senegal", "세네갈"),
    Country((222,), "Mauritania", "모리타니"),
    Country((223,), "Mali", "말리"),
    Country((224,), "Guinea", "기니"),
    Country((225,), "Côte d'Ivoire", "코트디부아르"),
    Country((226,), "Burkina Faso", "부르키나파소"),
    Country((227,), "Niger", "니제르"),
    Country((228,), "Togo", "토고"),
    Country((229,), "Benin", "베냉"),
    Country((230,), "Mauritius", "모리셔스"),
    Country((231,), "Liberia", "라이베리아"),
    Country((232,), "Sierra Leone", "시에라리온"),
    Country((233,), "Ghana", "가나"),
    Country((234,), "Nigeria", "나이지리아"),
    Country((235,), "Chad", "차드"),
    Country((236,), "Central African Republic", "중앙아프리카 공화국"),
    Country((237,), "Cameroon", "카메룬"),
    Country((238,), "Cabo Verde", "카보베르데"),
    Country((239,), "São Tomé and Príncipe", "상투메 프린시페"),
    Country((240,), "Equatorial Guinea", "적도기니"),
    Country((241,), "Gabon", "가봉"),
    Country((242,), "Republic of the Congo", "콩고 공화국"),
    Country((243,), "Democratic Republic of the Congo", "콩고 민주 공화국"),
    Country((244,), "Angola", "앙골라"),
    Country((245,), "Guinea-Bissau", "기니비사우"),
    Country((248,), "Seychelles", "세이셸"),
    Country((249,), "Sudan", "수단"),
    Country((250,), "Rwanda", "르완다"),
    Country((251,), "Ethiopia", "에티오피아"),
    Country((252,), "Somalia", "소말리아"),
    Country((253,), "Djibouti", "지부티"),
    Country((254,), "Kenya", "케냐"),
    Country((255,), "Tanzania", "탄자니아"),
    Country((256,), "Uganda", "우간다"),
    Country((257,), "Burundi", "부룬디"),
    Country((258,), "Mozambique", "모잠비크"),
    Country((260,), "Zambia", "잠비아"),
    Country((261,), "Madagascar", "마다가스카르"),
    Country((262,), "Réunion", "레위니옹"),
    Country((263,), "Zimbabwe", "짐바브웨"),
    Country((264,), "Namibia", "나미비아"),
    Country((265,), "Malawi", "말라위"),
    Country((266,), "Lesotho", "레소토"),
    Country((267,), "Botswana", "보츠와나"),
    Country((268,), "Eswatini", "에스와티니"),
    Country((269,), "Mayotte / Comoros", "마요트 / 코모로"),
    Country((290,), "Saint Helena", "세인트헬레나"),
    Country((291,), "Eritrea", "에리트레아"),
    Country((297,), "Aruba", "아루바"),
    Country((298,), "Faroe Islands", "페로 제도"),
    Country((299,), "Greenland", "그린란드"),
    Country((350,), "Gibraltar", "지브롤터"),
    Country((351,), "Portugal", "포르투갈"),
    Country((352,), "Luxembourg", "룩셈부르크"),
    Country((353,), "Ireland", "아일랜드"),
    Country((354,), "Iceland", "아이슬란드"),
    Country((355,), "Albania", "알바니아"),
    Country((356,), "Malta", "몰타"),
    Country((357,), "Cyprus", "키프로스"),
    Country((358,), "Finland", "핀란드"),
    Country((359,), "Bulgaria", "불가리아"),
    Country((370,), "Lithuania", "리투아니아"),
    Country((371,), "Latvia", "라트비아"),
    Country((372,), "Estonia", "에스토니아"),
    Country((373,), "Moldova", "몰도바"),
    Country((374,), "Armenia", "아르메니아"),
    Country((375,), "Belarus", "벨라루스"),
    Country((376,), "Andorra", "안도라"),
    Country((377,), "Monaco", "모나코"),
    Country((378,), "San Marino", "산마리노"),
    Country((380,), "Ukraine", "우크라이나"),
    Country((381,), "Serbia", "세르비아"),
    Country((382,), "Montenegro", "몬테네그로"),
    Country((383,), "Kosovo", "코소보"),
    Country((385,), "Croatia", "크로아티아"),
    Country((386,), "Slovenia", "슬로베니아"),
    Country((387,), "Bosnia and Herzegovina", "보스니아 헤르체고비나"),
    Country((389,), "North Macedonia", "북마케도니아"),
    Country((420,), "Czechia", "체코"),
    Country((421,), "Slovakia", "슬로바키아"),
    Country((423,), "Liechtenstein", "리히텐슈타인"),
    Country((500,), "Falkland Islands", "포클랜드 제도"),
    Country((501,), "Belize", "벨리즈"),
    Country((502,), "Guatemala", "과테말라"),
    Country((503,), "El Salvador", "엘살바도르"),
    Country((504,), "Honduras", "온두라스"),
    Country((505,), "Nicaragua", "니카라과"),
    Country((506,), "Costa Rica", "코스타리카"),
    Country((507,), "Panama", "파나마"),
    Country((508,), "Saint Pierre and Miquelon", "생피에르 미클롱"),
    Country((509,), "Haiti", "아이티"),
    Country((590,), "Guadeloupe", "과들루프"),
    Country((591,), "Bolivia", "볼리비아"),
    Country((592,), "Guyana", "가이아나"),
    Country((593,), "Ecuador", "에콰도르"),
    Country((594,), "French Guiana", "프랑스령 기아나"),
    Country((595,), "Paraguay", "파라과이"),
    Country((596,), "Martinique", "마르티니크"),
    Country((597,), "Suriname", "수리남"),
    Country((598,), "Uruguay", "우루과이"),
    Country((599,), "Curaçao / Caribbean Netherlands", "퀴라소 / 네덜란드령 카리브"),
    Country((670,), "Timor-Leste", "동티모르"),
    Country((673,), "Brunei", "브루나이"),
    Country((674,), "Nauru", "나우루"),
    Country((675,), "Papua New Guinea", "파푸아뉴기니"),
    Country((676,), "Tonga", "통가"),
    Country((677,), "Solomon Islands", "솔로몬 제도"),
    Country((678,), "Vanuatu", "바누아투"),
    Country((679,), "Fiji", "피지"),
    Country((680,), "Palau", "팔라우"),
    Country((681,), "Wallis and Futuna", "왈리스 푸투나"),
    Country((682,), "Cook Islands", "쿡 제도"),
    Country((685,), "Samoa", "사모아"),
    Country((686,), "Kiribati", "키리바시"),
    Country((687,), "New Caledonia", "뉴칼레도니아"),
    Country((689,), "French Polynesia", "프랑스령 폴리네시아"),
    Country((691,), "Micronesia", "미크로네시아"),
    Country((692,), "Marshall Islands", "마셜 제도"),
    Country((852,), "Hong Kong", "홍콩"),
    Country((853,), "Macao", "마카오"),
    Country((855,), "Cambodia", "캄보디아"),
    Country((856,), "Laos", "라오스"),
    Country((880,), "Bangladesh", "방글라데시"),
    Country((886,), "Taiwan", "대만"),
    Country((960,), "Maldives", "몰디브"),
    Country((961,), "Lebanon", "레바논"),
    Country((962,), "Jordan", "요르단"),
    Country((963,), "Syria", "시리아"),
    Country((964,), "Iraq", "이라크"),
    Country((965,), "Kuwait", "쿠웨이트"),
    Country((966,), "Saudi Arabia", "사우디아라비아"),
    Country((967,), "Yemen", "예멘"),
    Country((968,), "Oman", "오만"),
    Country((970,), "Palestine", "팔레스타인"),
    Country((971,), "United Arab Emirates", "아랍에미리트"),
    Country((972,), "Israel", "이스라엘"),
    Country((973,), "Bahrain", "바레인"),
    Country((974,), "Qatar", "카타르"),
    Country((975,), "Bhutan", "부탄"),
    Country((976,), "Mongolia", "몽골"),
    Country((977,), "Nepal", "네팔"),
    Country((992,), "Tajikistan", "타지키스탄"),
    Country((993,), "Turkmenistan", "투르크메니스탄"),
    Country((994,), "Azerbaijan", "아제르바이잔"),
    Country((995,), "Georgia", "조지아"),
    Country((996,), "Kyrgyzstan", "키르기스스탄"),
    Country((998,), "Uzbekistan", "우즈베키스탄"),
    Country((1242,), "Bahamas", "바하마"),
    Country((1246,), "Barbados", "바베이도스"),
    Country((1264,), "Anguilla", "앵귈라"),
    Country((1268,), "Antigua and Barbuda", "앤티가 바부다"),
    Country((1284,), "British Virgin Islands", "영국령 버진아일랜드"),
    Country((1340,), "U.S. Virgin Islands", "미국령 버진아일랜드"),
    Country((1345,), "Cayman Islands", "케이맨 제도"),
    Country((1441,), "Bermuda", "버뮤다"),
    Country((1473,), "Grenada", "그레나다"),
    Country((1649,), "Turks and Caicos Islands", "터크스 케이커스 제도"),
    Country((1664,), "Montserrat", "몬트세랫"),
    Country((1670,), "Northern Mariana Islands", "북마리아나 제도"),
    Country((1671,), "Guam", "괌"),
    Country((1684,), "American Samoa", "미국령 사모아"),
    Country((1758,), "Saint Lucia", "세인트루시아"),
    Country((1767,), "Dominica", "도미니카 연방"),
    Country((1784,), "Saint Vincent and the Grenadines", "세인트빈센트 그레나딘"),
    Country((1787, 1939), "Puerto Rico", "푸에르토리코"),
    Country((1809, 1829, 1849), "Dominican Republic", "도미니카 공화국"),
    Country((1868,), "Trinidad and Tobago", "트리니다드 토바고"),
    Country((1869,), "Saint Kitts and Nevis", "세인트키츠 네비스"),
    Country((1876, 1658), "Jamaica", "자메이카"),
)

# What a project sends to before it chooses: where most messages from Korea go to, and none of the countries
# whose operators are known for traffic that nobody asked for.
MAJOR: frozenset[int] = frozenset({1, 33, 44, 49, 61, 64, 65, 66, 81, 84, 86, 852, 853, 886})

_BY_CODE = {code: country for country in COUNTRIES for code in country.codes}
# Of the American numbering plan, but of no country that messages go to.
_NOT_SERVED = {1721}
_AREAS = {str(code)[1:] for code in {*_BY_CODE, *_NOT_SERVED} if str(code).startswith("1") and code > AMERICA}


def destination(calling_code: int, national: str) -> tuple[int, str]:
    """(country code, number) as a message keeps them: an area code that is a country of its own is part of
    the country code.
    """
    if calling_code == AMERICA and national[:AREA_DIGITS] in _AREAS:
        return int(f"{AMERICA}{national[:AREA_DIGITS]}"), national[AREA_DIGITS:]
    return calling_code, national


def country_of(code: int) -> Country | None:
    """The country that one of its codes names; None where no messages go."""
    return _BY_CODE.get(code)


def named_by(code: int) -> int:
    """The code that names the country of a message's code, in settings and blocks."""
    country = _BY_CODE.get(code)
    return country.code if country else code


def name_of(code: int) -> str:
    """The country's name with its code: "Japan (+81)"; the code alone where no messages go."""
    country = _BY_CODE.get(code)
    return f"{country.name} (+{code})" if country else f"+{code}"


def label_of(code: int) -> str:
    """The same, also of the country that messages come from."""
    return f"{HOME.name} (+{HOME.code})" if code == HOME.code else name_of(code)


def every_code(chosen: Iterable[int]) -> frozenset[int]:
    """All codes of the countries that these name."""
    return frozenset(code for each in chosen if each in _BY_CODE for code in _BY_CODE[each].codes)


def in_order(chosen: Iterable[int]) -> Iterator[Country]:
    """Every country by its name in the language of who asks, the chosen ones first."""
    first = set(chosen)
    yield from sorted(COUNTRIES, key=lambda each: (each.code not in first, each.name))
