/*
 * words: how numbers, times, states and stages read on the page. Pure; knows neither document nor server.
 * States and stages have one spelling everywhere else (SQL, JSON, logs); here they become words for people.
 */

export const STAGES = [
    { name: 'resolve', label: 'Resolve', now: 'Resolving' },
    { name: 'download', label: 'Download', now: 'Downloading' },
    { name: 'master', label: 'Master', now: 'Mastering' },
    { name: 'tag', label: 'Tag', now: 'Tagging' },
    { name: 'store', label: 'Store', now: 'Storing' },
];

const STATUS = {
    scheduled: 'Scheduled', pending: 'Queued', downloading: 'Downloading', extracting_audio: 'Mastering',
    separating: 'Separating', uploading: 'Uploading', transcribing: 'Transcribing', analyzing: 'Analyzing',
    generating_embeddings: 'Embedding', storing: 'Storing', completed: 'Done', completed_with_errors: 'Done with errors',
    failed: 'Failed', cancelled: 'Cancelled', paused: 'Paused',
};

const SOURCES = {
    youtube: 'YouTube', soundcloud: 'SoundCloud', instagram: 'Instagram', tiktok: 'TikTok', spotify: 'Spotify',
    vimeo: 'Vimeo', bandcamp: 'Bandcamp', twitter: 'X', facebook: 'Facebook', twitch: 'Twitch', rss: 'Feed', generic: 'Web',
};

export function statusWord(job) {
    if (job.state === 'running') {
        /* Each track is looked up as well; the list itself only at first. */
        if (job.is_list) return job.progress?.total_items ? 'Running' : 'Reading the list';
        const stage = STAGES.find((s) => s.name === job.stage);
        if (stage) return stage.now;
        if (job.status === 'pending') return 'Starting';
    }
    return STATUS[job.status] || sentence(job.status || job.state || '');
}

/* How much of a link is meant. */
export const DOWNLOADS = { auto: 'What the link names', single: 'One track', playlist: 'The whole list', channel: 'The whole channel' };

/* What the box takes its lines for, before they are sent. */
export function meaning(items) {
    const names = items.filter((item) => item.kind === 'search').map((item) => item.value), links = items.length - names.length;
    if (!items.length) return 'Links or names of songs, one per line (Shift+Enter)';
    if (!names.length) return links === 1 ? 'A link. Shift+Enter begins another line' : plural(links, 'link', 'links');
    return `${links ? `${plural(links, 'link', 'links')}; l` : 'L'}ooks for: ${enumerate(names)}`;
}

/* What a job is called before anybody knows its title. */
export const nameOf = (job) => job.title || (job.search_query ? `“${job.search_query}”` : bare(job.url));

/* A list in a few words: "12 of 50, 2 failed, 3 from cache". */
export function tally(job) {
    const { total_items: total, completed_items: done, failed_items: failed, cached_items: cached } = job.progress || {};
    if (!job.is_list || !total) return '';
    const n = (count) => (count || 0).toLocaleString();
    return [`${n(done)} of ${n(total)}`, failed && `${n(failed)} failed`, cached && `${n(cached)} from cache`].filter(Boolean).join(', ');
}

const TRACK = { completed: 'Done', queued: 'Waiting', running: 'Running', paused: 'Paused', failed: 'Failed', cancelled: 'Cancelled' };
export const trackWord = (status) => TRACK[status] || sentence(status || '');

/* Why a result scores as it does: "title 40, artist 28, taken off 20". */
export function scoreWhy(parts) {
    return ['title', 'artist', 'duration', 'channel'].filter((name) => has(parts?.[name])).map((name) => `${name} ${parts[name]}`)
        .concat(parts?.penalty ? `taken off ${Math.abs(parts.penalty)}` : []).join(', ');
}

/* How well what was found fits, for a line, and what that means. `taken`: it was. */
export const scoreWord = (score) => (has(score) ? `fits ${score} of 100` : '');
export const scoreMeans = (taken) => (taken ? 'How well this recording fits the name that was looked for: points for title, artist, length and channel'
    : 'How well the best of what was found fits the name: points for title, artist, length and channel');

export const sourceWord = (type) => (type && type !== 'auto' ? SOURCES[type] || sentence(type) : '');

/* A name of the API for people: "loudness_target_lufs" -> "Loudness target (LUFS)". The unit is part of the name. */
const UNITS = { kbps: 'kbit/s', hz: 'Hz', lufs: 'LUFS', dbtp: 'dBTP', ms: 'ms', seconds: 's' };
const split = (name) => {
    const parts = name.split(/[_\s]+/).filter(Boolean);
    const unit = parts.length > 1 ? UNITS[parts.at(-1)] : undefined;
    const label = (unit ? parts.slice(0, -1) : parts).join(' ');
    return { label: label.charAt(0).toUpperCase() + label.slice(1), unit };
};
export function sentence(name) {
    const { label, unit } = split(name);
    return unit ? `${label} (${unit})` : label;
}
/* "bitrate_kbps", 320 -> "Bitrate 320 kbit/s" */
export function setting(name, value) {
    const { label, unit } = split(name);
    if (typeof value === 'boolean') return `${label} ${value ? 'on' : 'off'}`;
    const shown = typeof value === 'number' && value < 0 ? `\u2212${-value}` : value;
    return `${label} ${shown}${unit ? ` ${unit}` : ''}`;
}

const has = (n) => typeof n === 'number' && Number.isFinite(n);

/* Units stay put while a number grows, so that a line does not jitter: "9.8 MB", "104 MB". */
export function bytes(n) {
    if (!has(n)) return '';
    if (n < 1000) return `${Math.round(n)} B`;
    const units = ['kB', 'MB', 'GB', 'TB'];
    let u = -1;
    do { n /= 1000; u++; } while (n >= 999.5 && u < units.length - 1);
    return `${n.toFixed(u === 0 || n >= 100 ? 0 : 1)} ${units[u]}`;
}

export function transferred(done, total) {
    if (!has(done)) return '';
    return has(total) && total > 0 ? `${bytes(done)} of ${bytes(total)}` : bytes(done);
}

/* Length of a recording: "3:07", "1:02:45". */
export function clock(seconds) {
    if (!has(seconds) || seconds < 0) return '';
    const s = Math.round(seconds);
    const mm = Math.floor(s / 60) % 60, ss = String(s % 60).padStart(2, '0');
    return s >= 3600 ? `${Math.floor(s / 3600)}:${String(mm).padStart(2, '0')}:${ss}` : `${mm}:${ss}`;
}

/* How long something takes: "0.4 s", "12 s", "3 min", "1 h 20 min". */
export function span(seconds) {
    if (!has(seconds) || seconds < 0) return '';
    if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
    if (seconds < 89.5) return `${Math.round(seconds)} s`;
    const min = Math.round(seconds / 60);
    if (min < 90) return `${min} min`;
    return min % 60 ? `${Math.floor(min / 60)} h ${min % 60} min` : `${min / 60} h`;
}

export const left = (seconds) => (has(seconds) && seconds >= 0 ? `${span(Math.max(1, Math.round(seconds))).replace('.0', '')} left` : '');
export const rate = (bytesPerSecond) => (has(bytesPerSecond) && bytesPerSecond > 0 ? `${bytes(bytesPerSecond)}/s` : '');

export function age(iso, now = Date.now()) {
    const s = (now - Date.parse(iso)) / 1000;
    if (!has(s)) return '';
    if (s < 45) return 'just now';
    if (s < 3600 * 1.5) return `${Math.max(1, Math.round(s / 60))} min ago`;
    if (s < 86400 * 1.5) return `${Math.round(s / 3600)} h ago`;
    if (s < 86400 * 30) return `${Math.round(s / 86400)} days ago`;
    return new Date(iso).toLocaleDateString(undefined, { year: 'numeric', month: 'short', day: 'numeric' });
}

export function moment(iso) {
    return iso ? new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' }) : '';
}

/* −14.0: a real minus sign, one decimal. `signed` shows the plus of a gain. */
export function decibel(n, signed = false) {
    if (!has(n)) return '–';
    const text = Math.abs(n).toFixed(1);
    if (text === '0.0') return '0.0';
    return (n < 0 ? '\u2212' : signed ? '+' : '') + text;
}

/* {codec, bitrate_kbps | bit_rate_bps, sample_rate_hz, channels} -> "Opus, 128 kbit/s, 48 kHz, stereo" */
const CODECS = { mp3: 'MP3', opus: 'Opus', aac: 'AAC', vorbis: 'Vorbis', flac: 'FLAC', alac: 'ALAC', pcm_s16le: 'PCM 16 bit', pcm_s24le: 'PCM 24 bit' };
export function stream(audio) {
    if (!audio) return '';
    const kbps = has(audio.bitrate_kbps) ? audio.bitrate_kbps : has(audio.bit_rate_bps) ? Math.round(audio.bit_rate_bps / 1000) : null;
    const { channels } = audio;
    return [CODECS[audio.codec] || audio.codec, kbps && `${kbps} kbit/s`, has(audio.sample_rate_hz) && `${audio.sample_rate_hz / 1000} kHz`,
        has(channels) && (channels === 1 ? 'mono' : channels === 2 ? 'stereo' : `${channels} channels`)].filter(Boolean).join(', ');
}

/* The server explains itself in sentences or in clauses; people get sentences. */
export function full(text) {
    const whole = text.charAt(0).toUpperCase() + text.slice(1);
    return !whole || /[.!?…]$/.test(whole) ? whole : `${whole}.`;
}

/* A time on the reader's clock: "22:10", with its day when that is not today. */
export function localTime(iso, now = Date.now(), seconds = false) {
    const at = new Date(iso);
    const clockPart = { hour: '2-digit', minute: '2-digit', ...(seconds ? { second: '2-digit' } : {}) };
    if (at.toDateString() === new Date(now).toDateString()) return at.toLocaleTimeString(undefined, clockPart);
    return at.toLocaleString(undefined, { weekday: 'short', day: 'numeric', month: 'short', ...clockPart });
}

/* How far ahead: "in 25 s", "in 4 min". A countdown in seconds only where one would wait for it. */
export function ahead(iso, now = Date.now()) {
    const s = Math.ceil((Date.parse(iso) - now) / 1000);
    if (!has(s)) return '';
    if (s <= 0) return 'any moment now';
    if (s < 90) return `in ${s} s`;
    if (s < 3600 * 1.5) return `in ${Math.round(s / 60)} min`;
    if (s < 86400 * 1.5) return `in ${Math.round(s / 3600)} h`;
    return `in ${Math.round(s / 86400)} days`;
}

/* What a job waits for, as the server says it: a sentence of its own, or what "Waiting for" is about. The time inside
 * becomes one of the reader's clock and a countdown: "at" soon gives way to it, "until" keeps both. */
export function waiting(text, until = null, now = Date.now()) {
    if (!text) return '';
    let told = false;
    const human = text.replace(/(\bat )?(\d{4}-\d\d-\d\dT[\d:.]+Z)/g, (_, at = '', iso) => {
        told = true;
        const soon = Date.parse(iso) - now < 3600000;
        return at && soon ? ahead(iso, now) : `${at}${localTime(iso, now)} (${ahead(iso, now)})`;
    }).replace(/\.$/, '') + (until && !told ? `, ${ahead(until, now)}` : '');
    return full(/^\p{Lu}/u.test(human) ? human : `Waiting for ${human}`);
}

/* The address without what every address has. */
export const bare = (url) => String(url || '').replace(/^https?:\/\/(www\.)?/, '').replace(/\/$/, '');

/* For a line, not for a pedant: more than three are counted. */
export function enumerate(list) {
    return list.length > 3 ? `${list.slice(0, 2).join('; ')}; and ${list.length - 2} more` : list.join('; ');
}

export const plural = (n, one, many) => `${n.toLocaleString()} ${n === 1 ? one : many}`;
