import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Line as Said } from "../../contract.ts";
import { goesOn } from "../line-text.ts";
import { Line } from "./line.tsx";
import type { Talk } from "./talk.ts";

/** What was said, then what is on its way; stays with the last line unless the reader went elsewhere. */
export function Transcript({ talk, me }: { readonly talk: Talk; readonly me: string }): ReactNode {
  const { items, outgoing } = talk;
  const section = useRef<HTMLElement>(null);
  const following = useRef(true);
  const [newer, setNewer] = useState(false);

  function follow(): void {
    following.current = true;
    setNewer(false);
    section.current?.scrollTo({ top: section.current.scrollHeight, behavior: "instant" });
  }
  function read(): void {
    const { scrollHeight, scrollTop, clientHeight } = section.current as HTMLElement;
    following.current = scrollHeight - scrollTop - clientHeight < 32;
    if (following.current) setNewer(false);
  }

  useLayoutEffect(() => {
    if (following.current) follow();
    else setNewer(true);
  }, [items]);
  // Who says something wants to see it.
  useLayoutEffect(follow, [outgoing.length]);
  // The keyboard of a phone, or a growing composer, must not hide the last line from who was reading it.
  useEffect(() => {
    const observer = new ResizeObserver(() => following.current && follow());
    observer.observe(section.current as HTMLElement);
    return () => observer.disconnect();
  }, []);

  return (
    <>
      <section id="talk" ref={section} tabIndex={0} aria-label="Messages" onScroll={read}>
        {items.length === 0 && <p id="empty">Nothing has been said here yet.</p>}
        <ol id="lines" role="log" aria-live="polite" aria-relevant="additions" aria-label="What was said">
          {items.map((item, index) =>
            "about" in item ? (
              <li key={`notice ${index}`} className="notice">
                <bdi>{item.about}</bdi> {item.what}
              </li>
            ) : (
              <Line key={item.id} line={item} me={me} follows={isFollowing(item, items[index - 1])} />
            ),
          )}
        </ol>
        <ol id="pending" aria-label="Your messages that are not delivered yet">
          {outgoing.map((line, index) => (
            <Line
              key={line.id}
              line={line}
              me={me}
              follows={isFollowing(line, outgoing[index - 1])}
              refused={line.is === "refused"}
              fate={line.is === "refused" ? `Not sent: ${line.why}` : "Pending"}
            />
          ))}
        </ol>
      </section>
      {newer && (
        <button
          id="newer"
          onClick={() => {
            follow();
            section.current?.focus();
          }}
        >
          New messages ↓
        </button>
      )}
    </>
  );
}

function isFollowing(line: Said, above: Talk["items"][number] | undefined): boolean {
  return above !== undefined && "from" in above && goesOn(line, above);
}
