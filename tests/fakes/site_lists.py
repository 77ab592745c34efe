"""
site_lists: playlists, channels, sets and search results, page by page, as JSON for the plugin.

  /list/PLATFORM/KEY         KEY as the plugin takes it from the address: PL…, @handle/videos, USER/sets/SET, @user
  /list/search/QUERY         what YouTube finds; the query in small letters, blanks made one
                             ?page=N: {"entries": […], "next": N + 1 or null} and what the list says of itself

PUT {settings}: entries ([id or {"id", "title", "kind", …}]) or count or endless; each (settings of every entry's item, as
site_items takes them); page_size; page_delay (before every page but the first); fail_page with fail_status, fail_times
(for ever) and retry_after; hang_page; failure; extra (members of the list's info dict); page modes.
Entries are made when their page is asked for: 5,000 of them cost nothing before. Mixes and searches that nobody set have
some; any other list that nobody set does not exist.
"""

import hashlib
import time

import site_items
from site_pages import title_of

PAGE_SIZES = {"search": 20, "soundcloud": 200, "tiktok": 15}      # others: 100
# An entry's kind is how the list shows it (the plugin knows); its own page then agrees.
ITEMS_OF_KINDS = {
    "private": {"failure": "private"}, "deleted": {"failure": "removed"}, "members": {"failure": "members"}, "upcoming": {"failure": "upcoming"},
    "live": {"extra": {"live_status": "is_live", "duration": None}},
}


def made_up_id(platform, key, n):
    """The id of a list's nth entry, if nobody named it: always the same, of the platform's form, and no other list's."""
    if platform == "youtube" and key.startswith("RD") and n == 1:
        return key[-11:]        # a mix starts with the video that it is around
    digest = hashlib.sha256(f"{platform}/{key}".encode(errors="surrogatepass")).hexdigest()
    number = int(digest[:8], 16)
    return {
        "youtube": f"g{digest[:4]}{n:06d}", "search": f"g{digest[:4]}{n:06d}", "soundcloud": f"{key.split('/')[0]}/track-{n:05d}",
        "tiktok": str(7 * 10**18 + number * 10**6 + n), "bandcamp": f"{key.split('/')[0]}/track-{n:05d}", "vimeo": str(10**8 + number % 1000 * 10**5 + n),
    }[platform]


def settings_of(site, platform, key):
    """None for a list that nobody set; but there is a mix around every video, and a search finds something."""
    settings = site.settings.get(f"/list/{platform}/{key}")
    some = 20 if platform == "search" else 25 if platform == "youtube" and key.startswith("RD") else 0
    return {"count": some, **(settings or {})} if settings is not None or some else None


def entry_of(handler, platform, key, settings, n):
    """The nth entry, from 1, as every platform's extractor can shape it; and its item says the same from now on."""
    site, given = handler.server, (settings.get("entries") or [])[n - 1:n]
    entry = {"id": given[0]} if given and isinstance(given[0], str) else dict(given[0]) if given else {}
    kind = "youtube" if platform == "search" else platform
    entry.setdefault("id", made_up_id(platform, key, n))
    path = f"/{kind}/{entry['id']}"
    item = {**settings.get("each", {}), **site.settings.get(path, {})}
    name = site_items.recording_of(site, kind, entry["id"], item)
    # What a page says of its entries nobody had to encode for: the MP3 is there, or is quickly cut.
    recordings = site.recordings
    entry.setdefault("duration", round(recordings.duration(recordings.audio(name, "mp3", item.get("modes", {}).get("clip")))))
    entry.setdefault("title", item.get("title") or (f"{key} {n}" if platform == "search" else f"{title_of(name)} {n}"))
    site.handed_out[path] = {"name": name, "title": entry["title"], **settings.get("each", {}), **ITEMS_OF_KINDS.get(entry.get("kind"), {})}
    return {**entry, "n": n, "thumbnails": [handler.url(f"/cover/{name}.jpg"), handler.url(f"/cover/{name}.webp")]}


def misbehaved(handler, settings, page):
    if page > 1 and settings.get("page_delay"):
        time.sleep(min(float(settings["page_delay"]), 120))
    if page == settings.get("hang_page"):
        return handler.misbehaved({"hang": 1})
    if page == settings.get("fail_page") and handler.count_hit() <= settings.get("fail_times", 1 << 30):
        return handler.misbehaved({"status": settings.get("fail_status", 500), "retry_after": settings.get("retry_after")})
    return handler.page_misbehaved({**settings, "page_delay": None}) if page == 1 else False


def get_list(handler, query, platform, key):
    settings, page = settings_of(handler.server, platform, key), int(query.get("page", 1))
    if settings is None:
        return handler.send_text(404, "no such list\n")
    if misbehaved(handler, settings, page):
        return None
    if settings.get("failure"):
        return handler.send_json({"failure": settings["failure"]})
    count = 1 << 30 if settings.get("endless") else len(settings["entries"]) if "entries" in settings else settings.get("count", 0)
    size = settings.get("page_size") or PAGE_SIZES.get(platform, 100)
    first = (page - 1) * size + 1
    return handler.send_json({
        "title": settings.get("title"), "count": None if settings.get("endless") else count, "extra": settings.get("extra", {}),
        "covers": [handler.url(f"/cover/{handler.server.recordings.names[0]}.jpg")],
        "entries": [entry_of(handler, platform, key, settings, n) for n in range(first, min(first + size, count + 1))],
        "next": page + 1 if first + size <= count else None,
    })


ROUTES = [(rf"/list/(?P<platform>search|{'|'.join(site_items.PLATFORMS)})/(?P<key>.+)", get_list)]
