"""What tables and columns are usually called, in English and German.

Names are compared as words: `userId`, `USER_ID` and `user id` are the same. In each list the most
telling name comes first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

_PIECES = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_PLAIN = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}
)

EXACT, TAIL, HEAD = 1.0, 0.7, 0.4

USERS = (
    *("user", "customer", "member", "client", "account", "subscriber", "contact", "player"),
    *("person", "people", "visitor", "buyer", "shopper", "lead", "signup", "registration", "guest"),
    *("kunde", "kunden", "nutzer", "benutzer", "mitglied", "mitglieder", "konto", "besucher"),
)
ITEMS = (
    *("item", "product", "meal", "article", "good", "sku", "stock", "book", "movie", "film"),
    *("song", "track", "course", "plan", "game", "recipe", "offer", "listing", "content", "post"),
    *("artikel", "produkt", "produkte", "ware", "waren", "angebot", "buch", "gericht"),
)
EVENTS = (
    *("event", "action", "activity", "interaction", "behavior", "behaviour", "click", "engagement"),
    *("usage", "tracking", "log", "ereignis", "ereignisse", "aktion", "aktivitaet"),
)
PURCHASES = (
    *("order", "purchase", "transaction", "sale", "invoice", "payment", "receipt", "checkout"),
    *("booking", "bestellung", "bestellungen", "kauf", "kaeufe", "verkauf", "verkaeufe"),
    *("rechnung", "rechnungen", "zahlung", "zahlungen", "buchung", "umsatz", "retail", "billing"),
)
VISITS = ("visit", "session", "login", "besuch", "besuche", "sitzung", "sitzungen")
REQUESTS = ("request", "hit", "pageview", "page_view", "access", "access_log", "seitenaufruf")

ID = ("id", "uuid", "guid", "key", "pk", "nr", "no", "number", "nummer")
_PERSON = (
    *("user", "customer", "member", "client", "account", "subscriber", "player", "person"),
    *("contact", "visitor", "buyer", "shopper", "kunde", "kunden", "nutzer", "benutzer"),
    *("mitglied", "cust", "usr"),
)
_NUMBERED = ("_id", "", "_no", "_nr", "_number", "_key", "_uuid", "nummer", "_ref")
USER_ID = (
    *(f"{person}{tail}" for tail in _NUMBERED for person in _PERSON),
    *("uid", "cid", "anonymous_id", "distinct_id", "profile_id", "actor_id", "owner_id"),
    *("device_id", "email", "e_mail"),
)
ITEM_ID = tuple(
    f"{word}{tail}"
    for tail in ("_id", "", "_no", "_nr", "_number", "_code", "_key", "nummer", "_sku")
    for word in ("item", "product", "meal", "article", "stock", "sku", "artikel", "produkt",
                 "book", "movie", "song", "course", "plan", "game", "recipe", "offer", "listing",
                 "content", "post", "prod", "asin", "isbn", "ean")
)  # fmt: skip
SIGNED_UP = (
    *("signed_up_at", "signup_at", "signup_date", "signup_time", "sign_up_date", "registered_at"),
    *("registration_date", "registered", "registration_time", "joined_at", "join_date", "joined"),
    *("registriert_am", "anmeldedatum", "angemeldet_am", "registrierungsdatum", "date_joined"),
    *("created_at", "created_on", "created_date", "creation_date", "created", "date_created"),
    *("create_time", "erstellt_am", "angelegt_am", "inserted_at", "first_seen", "first_seen_at"),
    *("member_since", "customer_since", "kunde_seit", "date", "datum", "timestamp", "time", "ts"),
)
OCCURRED = (
    *("occurred_at", "event_time", "event_timestamp", "event_date", "happened_at", "timestamp"),
    *("ts", "datetime", "date_time", "time", "at", "created_at", "order_date", "order_time"),
    *("ordered_at", "purchase_date", "purchased_at", "invoice_date", "transaction_date", "paid_at"),
    *("sold_at", "sale_date", "payment_date", "received_at", "logged_at", "sent_at", "visited_at"),
    *("started_at", "start_time", "began_at", "created_on", "created_date", "created", "date"),
    *("zeitpunkt", "zeitstempel", "zeit", "datum", "bestelldatum", "bestellt_am", "kaufdatum"),
    *("rechnungsdatum", "erstellt_am", "angelegt_am", "inserted_at", "create_time", "t", "day"),
    "tag",
)
NOT_WHEN = (
    *("updated", "modified", "deleted", "birth", "birthday", "dob", "expires", "expiry", "expired"),
    *("last", "geburtsdatum", "geaendert", "geloescht", "due", "shipped", "delivered", "end"),
    *("ended", "cancelled", "canceled", "until", "estimated", "planned"),
)
CHANNEL = (
    *("channel", "acquisition_channel", "marketing_channel", "utm_source", "traffic_source"),
    *("signup_source", "acquisition_source", "network", "source", "referral_source", "medium"),
    *("utm_medium", "origin", "came_from", "kanal", "herkunft", "quelle", "netzwerk", "werbekanal"),
    *("campaign_id", "campaign", "referrer", "referer", "partner", "affiliate", "kampagne"),
)
CAMPAIGN = ("campaign", "utm_campaign", "campaign_name", "campaign_id", "kampagne", "wave", "welle")
TRIAL = (
    *("arm", "variant", "variation", "treatment", "experiment_group", "test_group", "ab_group"),
    *("ab_test", "experiment", "treated", "testgruppe", "variante"),
)
ARM = (*TRIAL, "bucket", "group", "gruppe", "condition", "segment", "split", "version", "cohort")
ACTION = (
    *("action", "event_name", "event", "event_type", "action_type", "action_name", "activity"),
    *("activity_type", "interaction", "interaction_type", "behavior", "behaviour", "verb"),
    *("behavior_type", "aktion", "ereignis", "aktivitaet", "ereignistyp", "ereignisname"),
    *("aktionstyp", "type", "typ", "kind", "art", "name", "event_code"),
)
VALUE = (
    *("value", "amount", "revenue", "total", "total_amount", "order_total", "order_value"),
    *("total_price", "grand_total", "purchase_amount", "sales", "spend", "amount_paid", "paid"),
    *("subtotal", "gmv", "turnover", "betrag", "umsatz", "summe", "gesamt", "gesamtbetrag"),
    *("gesamtpreis", "rechnungsbetrag", "bestellwert", "wert", "zahlbetrag", "sale_amount"),
)
PRICE = (
    *("price", "unit_price", "price_per_unit", "list_price", "sales_price", "item_price"),
    *("preis", "einzelpreis", "stueckpreis", "verkaufspreis", "cost", "unit_cost"),
)
QUANTITY = (
    *("quantity", "qty", "units", "unit_count", "item_count", "pieces", "quantity_ordered"),
    *("menge", "anzahl", "stueck", "stueckzahl", "count"),
)
ORDER = (
    *("order_id", "order_no", "order_number", "invoice_no", "invoice_id", "invoice_number"),
    *("invoice", "transaction_id", "receipt_id", "receipt_no", "basket_id", "cart_id"),
    *("checkout_id", "purchase_id", "sale_id", "payment_id", "booking_id", "bestellnummer"),
    *("bestell_id", "bestellung_id", "bestell_nr", "rechnungsnummer", "rechnung_nr"),
    *("auftragsnummer", "order"),
)
CATEGORY = (
    *("category", "product_category", "item_category", "category_name", "department", "genre"),
    *("product_type", "item_type", "cuisine", "kategorie", "warengruppe", "sparte", "rubrik"),
    *("abteilung", "produktgruppe", "type", "typ", "kind", "art", "group"),
)
DURATION = (
    *("duration", "visit_duration", "session_duration", "duration_seconds", "duration_sec"),
    *("seconds", "time_on_site", "length", "dauer", "besuchsdauer", "sitzungsdauer"),
)
PAGE = ("page", "path", "url", "uri", "request_path", "page_path", "page_url", "seite", "pfad")
REFERRER = ("referrer", "referer", "http_referer", "referrer_url", "verweis")
STATUS = ("status", "status_code", "http_status", "response_code")
AGENT = ("user_agent", "agent", "browser", "useragent")
METHOD = ("method", "http_method", "verb", "methode")
BYTES = ("bytes", "size", "body_bytes_sent", "response_size")
LINE = ("line", "line_no", "line_number", "zeile")
ADDRESS = (
    *("visitor", "visitor_id", "client_id", "cookie", "cookie_id", "anonymous_id", "ip"),
    *("ip_address", "remote_addr", "address", "host", "fingerprint", "besucher", "device_id"),
)
PAGES = ("pages", "page_views", "pageviews", "page_count", "hits", "seiten")
BOUNCED = ("bounced", "bounce", "is_bounce", "abgesprungen")
ENTRY_PAGE = ("entry_page", "landing_page", "first_page", "einstiegsseite")

BOUGHT = (
    *(
        "bought",
        "buy",
        "purchase",
        "purchased",
        "order",
        "ordered",
        "order_placed",
        "order_completed",
    ),
    *("checkout_completed", "transaction", "sale", "sold", "paid", "payment", "conversion"),
    *("converted", "subscribed", "subscribe", "booking", "booked", "gekauft", "kauf", "kaufen"),
    *("bestellt", "bestellung", "bezahlt", "gebucht", "checkout"),
)
NEARLY = ("cart", "started", "start", "begin", "initiated", "failed", "cancelled", "canceled",
          "abandoned", "refund", "refunded", "returned", "view", "viewed", "intent")  # fmt: skip
"""Words that make an action something else than the buying it speaks of: `purchase_failed`."""

UNDONE = (
    *("cancelled", "canceled", "refunded", "returned", "failed", "declined", "voided", "test"),
    *("storniert", "erstattet", "abgebrochen", "fehlgeschlagen", "retourniert"),
)
IDLE = ("nothing", "none", "idle", "noop", "no_action", "ignored", "ignore", "nichts", "keine")
OUTCOMES = (
    *BOUGHT,
    *("visit", "visited", "click", "clicked", "open", "opened", "responded", "response"),
    *("activated", "signed_up", "upgraded", "renewed", "churned", "retained", "besucht"),
    *("geklickt", "outcome", "target", "success", "y"),
)
UNTREATED = (
    *("control", "no", "none", "kontrolle", "kontrollgruppe", "ohne", "placebo", "holdout"),
)
CONTROL = (*UNTREATED, "baseline", "old", "original", "a", "0", "false", "off")
NETWORKS = {
    "fb": "Facebook", "tw": "Twitter", "re": "Reddit", "pi": "Pinterest", "ig": "Instagram",
    "yt": "YouTube", "li": "LinkedIn", "tt": "TikTok", "sc": "Snapchat", "gads": "Google Ads",
}  # fmt: skip
KNOWN_CHANNELS = {
    *NETWORKS, *(name.lower() for name in NETWORKS.values()), "google", "bing", "newsletter",
    "email", "e-mail", "mail", "organic", "direct", "paid", "ads", "seo", "sem", "cpc", "social",
    "affiliate", "referral", "web", "app", "phone", "x", "tv", "radio", "display", "search",
    "multichannel", "store", "online",
}  # fmt: skip


@cache
def words(name: str) -> tuple[str, ...]:
    """The words of a name, lower case, umlauts written out, plurals in -s made singular.

    >>> words("userId_2Orders")
    ('user', 'id', '2', 'order')
    """
    return tuple(_singular(piece.lower()) for piece in _PIECES.findall(name.translate(_PLAIN)))


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    is_plural = word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 2
    return word[:-1] if is_plural else word


def likeness(name: str, known: Sequence[str], table: str = "") -> float:
    """How much a name is like one of a list, from 0 to 1; of the list the first names count most.

    A column that repeats its table's name (`order_date` of `orders`) is also known without it.

    >>> likeness("USER_ID", USER_ID) > likeness("shipping_user_id", USER_ID) > 0
    True
    """
    own = words(name)
    owner = words(table.rpartition(".")[2])
    bare = own[len(owner) :] if owner and own[: len(owner)] == owner else ()
    return max(_like(own, known), 0.97 * _like(bare, known))


def _like(own: tuple[str, ...], known: Sequence[str]) -> float:
    best = 0.0
    joined = "".join(own)
    for place, candidate in enumerate(known):
        theirs = words(candidate)
        rank = 1 - 0.25 * place / len(known)
        if own and joined == "".join(theirs):
            best = max(best, EXACT * rank)
        elif len(own) > len(theirs) and own[-len(theirs) :] == theirs:
            best = max(best, TAIL * rank)
        elif len(own) > len(theirs) and own[: len(theirs)] == theirs and len(candidate) > 3:
            best = max(best, HEAD * rank)
    return best


def speaks_of(name: str, known: Sequence[str]) -> bool:
    """Whether a name is one of a list, or has one of its names among its words."""
    own = words(name)
    return any(
        own[at : at + len(theirs)] == theirs
        for candidate in known
        for theirs in [words(candidate)]
        for at in range(len(own) - len(theirs) + 1)
    )
