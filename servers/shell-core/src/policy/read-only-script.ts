/**
 * Runs in a mount namespace of its own, before the command: makes every mount read-only but those that stay
 * writable, and gives the command a /dev without disks. Any step that fails ends it with 125: rather nothing
 * than half of it.
 */
export const readOnlyScript = String.raw`
set -euf
nl='
'
fail() { echo "read-only: $1 could not be set up, so nothing was run" >&2; exit 125; }
count=$1; shift
keep=
while [ "$count" -gt 0 ]; do
  mount --bind "$1" "$1" || fail "$1"
  keep=$keep$1$nl
  shift; count=$((count - 1))
done
is_kept() {
  IFS=$nl
  for one in $keep; do
    case $1 in "$one"|"$one"/*) unset IFS; return 0;; esac
  done
  unset IFS
  return 1
}
cat /proc/self/mountinfo | {
  while read -r id parent device root point options more; do
    case $options in
      rw) options=ro ;;
      rw,*) options=ro,${"$"}{options#rw,} ;;
      *) continue ;;
    esac
    case $point in *\\*) point=$(printf '%b.' "$(printf %s "$point" | sed 's/\\\([0-7][0-7][0-7]\)/\\0\1/g')"); point=$(printf %s "$point" | sed '$s/\.$//') ;; esac
    is_kept "$point" && continue
    [ -e "$point" ] || continue
    mount -o "remount,bind,$options" "$point" || fail "$point"
  done
} || exit 125
if [ -d /dev/shm ]; then
  mount -t tmpfs -o mode=0755,nosuid,noexec,size=1m tmpfs /dev/shm || fail /dev
  mkdir -p /dev/shm/dev/shm /dev/shm/dev/pts
  for node in null zero full random urandom tty; do
    [ -e "/dev/$node" ] || continue
    : > "/dev/shm/dev/$node"
    mount --bind "/dev/$node" "/dev/shm/dev/$node" || fail "/dev/$node"
  done
  ln -s /proc/self/fd /dev/shm/dev/fd
  ln -s /proc/self/fd/0 /dev/shm/dev/stdin
  ln -s /proc/self/fd/1 /dev/shm/dev/stdout
  ln -s /proc/self/fd/2 /dev/shm/dev/stderr
  [ ! -d /dev/pts ] || mount --rbind /dev/pts /dev/shm/dev/pts || fail /dev/pts
  mount -t tmpfs -o mode=1777,nosuid,nodev,size=50% tmpfs /dev/shm/dev/shm || fail /dev/shm
  mount --rbind /dev/shm/dev /dev || fail /dev
  mount -o remount,bind,ro,nosuid,noexec /dev || fail /dev
else
  fail /dev/shm
fi
# The folder itself again, in case it lies in what was mounted anew.
cd "$PWD" || fail "$PWD"
exec "$@"
`;
