"""
Bandcamp at its real addresses, shaped as yt-dlp's own extractors shape it, answered by tests/fakes/site.py.

Traps that are real: an album's entries have a title and nothing else, a discography's not even that, and may be albums; the
album artist is said by the track's page only.
"""

from yt_dlp.extractor.common import InfoExtractor
from yt_dlp_plugins.extractor._dubplate_site import SiteMixin, broken, number, status

FAILURES = {"removed": status(404), "private": status(404), "forbidden": status(403), "no_formats": broken("No video formats found!"),
            "empty": broken("The page doesn't contain any tracks")}


class DubplateFakeBandcampIE(SiteMixin, InfoExtractor):
    IE_NAME = "dubplate:fake:bandcamp"
    _VALID_URL = r"https?://(?P<artist>[^/.]+)\.bandcamp\.com/track/(?P<id>[^/?#&]+)"
    FAILURES = FAILURES

    def _real_extract(self, url):
        artist, slug = self._match_valid_url(url).group("artist", "id")
        known = self._known("bandcamp", f"{artist}/{slug}", slug)
        by = artist.replace("-", " ").title()
        formats = [{"format_id": "mp3-128", "url": known["audio"]["mp3"]["url"], "ext": "mp3", "vcodec": "none", "acodec": "mp3", "abr": 128}]
        if "flac" in (known["formats"] or ()):      # what is given away may be had better
            formats.append({"format_id": "flac", "url": known["audio"]["flac"]["url"], "ext": "flac", "vcodec": "none", "acodec": "flac"})
        return {
            "id": number(f"{artist}/{slug}"), "title": f"{by} - {known['title']}", "thumbnail": known["thumbnails"][0], "uploader": by, "uploader_id": artist,
            "uploader_url": f"https://{artist}.bandcamp.com", "timestamp": known["by"]["timestamp"], "release_timestamp": known["by"]["timestamp"],
            "duration": known["duration"], "track": known["title"], "track_number": 1, "track_id": number(f"{artist}/{slug}"), "artist": by,
            "album": known["by"]["album"], "album_artist": by, "formats": formats, "tags": ["soundtrack"],
            "extractor": "Bandcamp", "extractor_key": "Bandcamp", **known["extra"],
        }


class DubplateFakeBandcampAlbumIE(SiteMixin, InfoExtractor):
    IE_NAME = "dubplate:fake:bandcamp:album"
    _VALID_URL = r"https?://(?P<artist>[^/.]+)\.bandcamp\.com/album/(?P<id>[^/?#&]+)"
    FAILURES = FAILURES

    def _real_extract(self, url):
        artist, slug = self._match_valid_url(url).group("artist", "id")
        key = f"{artist}/album/{slug}"
        known = self._list("bandcamp", key, slug)
        if not known["entries"]:
            self._fail("empty", slug)
        entries = [self.url_result(f"https://{artist}.bandcamp.com/track/{entry['id'].rpartition('/')[2]}", "DubplateFakeBandcamp",
                                   number(entry["id"]), entry["title"], extractor="Bandcamp", extractor_key="Bandcamp")
                   for entry in self._entries_from(known, "bandcamp", key, slug)]
        return {"_type": "playlist", "uploader_id": artist, "id": slug, "title": known["title"] or slug.replace("-", " ").title(), "description": None,
                "entries": entries, "extractor": "Bandcamp:album", "extractor_key": "BandcampAlbum", **known["extra"]}


class DubplateFakeBandcampUserIE(SiteMixin, InfoExtractor):
    IE_NAME = "dubplate:fake:bandcamp:user"
    _VALID_URL = r"https?://(?!www\.)(?P<id>[^/.]+)\.bandcamp\.com(?:/music)?/?(?:[#?]|$)"
    FAILURES = FAILURES

    def _real_extract(self, url):
        artist = self._match_id(url)
        known = self._list("bandcamp", artist, artist)
        entries = [self.url_result(f"https://{artist}.bandcamp.com/{'' if '/' in entry['id'].partition('/')[2] else 'track/'}{entry['id'].partition('/')[2]}")
                   for entry in self._entries_from(known, "bandcamp", artist, artist)]
        return {**self.playlist_result(entries, artist, f"Discography of {artist}"), "extractor": "Bandcamp:user", "extractor_key": "BandcampUser",
                **known["extra"]}
