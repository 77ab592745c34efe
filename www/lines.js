/*
 * lines: what somebody wrote into the box, line by line: links, or names of songs. Pure. A link is what says so by its
 * scheme, or has a host and a path and no blank; the server judges it. Anything else is looked for by its name.
 */

const SCHEME = /^(https?|ftps?|file|data|javascript|blob|about|chrome|view-source|ws|wss|rtmp|magnet|mailto|spotify):\S*$/i;
const BARE = /^(www\.[\w-]+(\.[\w-]+)+|([\w-]+\.)+[a-z]{2,}(:\d+)?\/)\S*$/i;

/* -> [{kind: 'link' | 'search', value}], each once, in their order. */
export function readLines(text) {
    const seen = new Set(), items = [];
    const add = (kind, value) => {
        const key = `${kind} ${kind === 'search' ? value.toLowerCase() : value}`;
        if (seen.has(key)) return;
        seen.add(key);
        items.push({ kind, value });
    };
    for (const whole of text.split(/[\r\n\u2028\u2029]+/)) {
        const line = whole.replace(/\s+/g, ' ').trim();
        if (!line) continue;
        const links = line.match(/https?:\/\/\S+/gi);
        if (SCHEME.test(line)) add('link', spotify(line));
        else if (links) links.forEach((link) => add('link', link));     /* "listen to this: https://…" */
        else if (/^[a-z][a-z0-9+.-]*:\/\//i.test(line)) add('link', line);
        else if (BARE.test(line)) add('link', `https://${line}`);
        else add('search', line);
    }
    return items;
}

/* What Spotify's programs copy: spotify:album:ID. */
function spotify(line) {
    const match = /^spotify:(track|album|playlist):(\w+)$/i.exec(line);
    return match ? `https://open.spotify.com/${match[1].toLowerCase()}/${match[2]}` : line;
}
