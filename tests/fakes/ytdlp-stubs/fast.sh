#!/bin/sh
# A yt-dlp that takes milliseconds, for tests that need thousands of jobs or an end of their choice. What it does for a
# link stands in the link, as ?do=WORD:
#
#   (nothing)       resolves; the download is a copy of the recording that DUBPLATE_STUB_SAMPLE names
#   gone            fails at once and for good
#   slow            the download takes a second and shows its progress
#   hang            half a file, then nothing; notes a SIGTERM in LOG.term and does not heed it
#   crash           takes its task down, in the download, until there is LOG.let
#   refuse          is refused (403), in the download, until there is LOG.let
#   fill            as a download that leaves LOG.room KiB of a full disk, unless there is LOG.ballast: DATA_DIR/ballast
#
# LOG is DUBPLATE_STUB_LOG. Shell, because Python alone takes longer to start than a job may.
url='' home=. info='' last='' doing=resolve
for argument; do
    case $argument in
    --version) echo 2026.10.26; exit ;;
    after_move:*) doing=download ;;
    home:*) home=${argument#home:} ;;
    esac
    [ "$last" != --load-info-json ] || info=$argument
    last=$argument
done
url=$last
if [ -n "$info" ]; then
    read -r line <"$info"
    url=${line#*\"url\":\"}      # of the stream: whose page it is, no download is told
    url=${url%%\"*}
fi
word=${url#*[?&]do=}
[ "$word" != "$url" ] || word=''
word=${word%%&*}
log=$DUBPLATE_STUB_LOG

fail() { echo "ERROR: [generic] stub: $1" >&2; exit 1; }
progress() { echo "@P {\"status\":\"downloading\",\"downloaded_bytes\":$1,\"total_bytes\":$2,\"speed\":1000.0,\"eta\":1}"; }
deliver() {
    mkdir -p "$home/tmp" && cp "$DUBPLATE_STUB_SAMPLE" "$home/tmp/src.mp3.part" && mv -f "$home/tmp/src.mp3.part" "$home/src.mp3" ||
        fail "unable to write data: [Errno 28] No space left on device"
}

[ "$word" != gone ] || fail "Video unavailable"
if [ $doing = resolve ]; then
    echo "{\"id\":\"stub\",\"title\":\"Stub\",\"webpage_url\":\"$url\",\"ext\":\"mp3\",\"duration\":1,\"extractor_key\":\"Generic\",\"formats\":[{\"url\":\"$url\"}]}"
    exit
fi
case $word in
slow)
    for step in 1 2 3 4 5 6 7 8 9; do progress $((step * 1000)) 10000; sleep 0.1; done
    deliver ;;
hang)
    trap 'echo SIGTERM >>"$log.term"' TERM
    mkdir -p "$home/tmp"
    echo half >"$home/tmp/src.mp3.part"
    progress 5 10000
    seconds=0
    while [ $seconds -lt 120 ]; do sleep 1; seconds=$((seconds + 1)); done ;;
crash)
    if [ ! -e "$log.let" ]; then
        ! grep -q "^dubplate" "/proc/$PPID/cmdline" || kill -9 $PPID    # and nobody else, should the task be gone already
        exit 1
    fi
    deliver ;;
refuse)
    [ -e "$log.let" ] || fail "unable to download video data: HTTP Error 403: Forbidden"
    deliver ;;
fill)
    deliver
    if [ ! -e "$log.ballast" ]; then
        free=$(df --output=avail -k "$home" | tail -n 1)
        : >"$log.ballast"
        head -c $(((free - $(cat "$log.room")) * 1024)) /dev/zero >"$home/../../ballast"
    fi ;;
*)
    deliver ;;
esac
echo "@F \"$home/src.mp3\""
