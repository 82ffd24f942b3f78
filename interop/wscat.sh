#!/usr/bin/env bash
# Tests wscat with the server of this folder: bash wscat.sh [ws://localhost:3000]
set -euo pipefail
url=${1:-ws://localhost:3000}

check() { # name, expected output, actual output
  if [[ $2 != "$3" ]]; then
    echo "$1: expected $2, got $3" >&2
    exit 1
  fi
  echo "ok $1"
}

echo "wscat $(wscat --version)"

check text 'Hello Ada!' "$(wscat -c "$url/hello" -x Ada -w -1)"

check JSON '{"greeting":"Hello Łucja!"}' "$(wscat -c "$url/json" -x '{"name":"Łucja"}' -w -1)"

# wscat prints binary messages, but cannot send one.
check binary 'Ada' "$(wscat -c "$url/bytes" -x Ada -w -1)"

check subprotocol 'chat.v2' "$(wscat -c "$url/chat" -s soap -s chat.v2)"

# wscat prints the close code in a terminal only.
terminal=$(script -qec "wscat --no-color -c $url/close" /dev/null)
check close 'code: 4000, reason: "that is all"' "$(grep -o 'code: .*"' <<<"$terminal")"

coproc wscat --slash -c "$url/leave"
pid=$COPROC_PID
read -r _ <&"${COPROC[0]}"
echo '/close 4001 see you' >&"${COPROC[1]}"
wait "$pid"
check leave '{"code":4001,"reason":"see you","wasClean":true}' "$(wscat -c "$url/left")"

check refusal 'error: Unexpected server response: 403
welcome, Ada' "$(
  wscat -c "$url/secret" 2>&1 || true
  wscat -c "$url/secret" --auth ada:hunter2
)"

check contract '{"t":"event","name":"greeting","data":"Hello Ada!"}
{"t":"error","re":1,"code":"NOT_FOUND","message":"no handler for event \"great\""}' "$(
  wscat -c "$url/greetings/en" -w -1 \
    -x '{"t":"event","name":"greet","data":{"name":"Ada"}}' \
    -x '{"t":"event","name":"great","data":{"name":"Ada"},"q":1}' \
    -x '{"t":"event","name":"leave"}'
)"

# The transcript of PROTOCOL.md. wscat sends all messages at once, so replies to different calls may arrive in another order.
transcript=$(sed -n '/^```wscat$/,/^```$/p' ../PROTOCOL.md)
options=()
while read -r line; do options+=(-x "$line"); done < <(sed -n 's/^> //p' <<<"$transcript")
check calls "$(sed -n 's/^< //p' <<<"$transcript" | sort)" "$(wscat -c "$url/greetings/de" "${options[@]}" -w 2 | sort)"
