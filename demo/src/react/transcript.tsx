import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { NewMessage } from "../../contract.ts";
import { deliveryTexts } from "../shared/delivery-text.ts";
import { continuesMessage } from "../shared/message-text.ts";
import type { LoadPicture } from "../shared/picture-loader.ts";
import { MessageContent } from "./message-content.tsx";
import { Message } from "./message.tsx";
import type { PendingMessage, RoomState, ShownMessage } from "./room-state.ts";

/** The properties of a `Transcript`. */
type TranscriptProps = {
  readonly room: RoomState;
  /** The user's own name. */
  readonly me: string;
  readonly loadPicture: LoadPicture;
  /** Called when the user sends a message again that may have been lost. */
  readonly sendAgain: (message: NewMessage) => void;
  /** What the page shows above the messages. */
  readonly children: ReactNode;
};

/** The messages of the room, then the user's pending messages. Scrolls to a new message if the end was in view. */
export function Transcript({ room, me, loadPicture, sendAgain, children }: TranscriptProps): ReactNode {
  const { earlier, items, pending } = room;
  const viewport = useRef<HTMLElement>(null);
  const newestList = useRef<HTMLOListElement>(null);
  const lastItem = useRef<{ readonly element: HTMLElement; readonly top: number } | null>(null);
  const isAtEnd = useRef(true);
  const [hasNewMessages, setHasNewMessages] = useState(false);

  function scrollToEnd(): void {
    isAtEnd.current = true;
    setHasNewMessages(false);
    viewport.current?.scrollTo({ top: viewport.current.scrollHeight, behavior: "instant" });
  }
  function onScroll(): void {
    const { scrollHeight, scrollTop, clientHeight } = viewport.current as HTMLElement;
    isAtEnd.current = scrollHeight - scrollTop - clientHeight < 32;
    if (isAtEnd.current) setHasNewMessages(false);
  }

  /** The distance of an element from the top of the transcript; `offsetTop` would round it to whole pixels. */
  function topOf(element: HTMLElement): number {
    return element.getBoundingClientRect().top + (viewport.current?.scrollTop ?? 0);
  }
  function measureLastItem(): void {
    const element = newestList.current?.querySelector<HTMLElement>("li:last-child");
    lastItem.current = element ? { element, top: topOf(element) } : null;
  }
  /** Keeps the messages in place on the screen when others appear above them. */
  function keepScrollPosition(): void {
    if (!lastItem.current?.element.isConnected) return;
    const { element, top } = lastItem.current;
    viewport.current?.scrollBy({ top: topOf(element) - top, behavior: "instant" });
  }

  useLayoutEffect(keepScrollPosition, [earlier]);
  useLayoutEffect(measureLastItem);
  useLayoutEffect(() => {
    if (isAtEnd.current) scrollToEnd();
    else setHasNewMessages(true);
  }, [items]);
  // The user wants to see a message that they have just sent.
  useLayoutEffect(scrollToEnd, [pending.length]);
  // The keyboard of a phone, or a growing composer, must not cover the newest message.
  useEffect(() => {
    const observer = new ResizeObserver(() => {
      measureLastItem();
      if (isAtEnd.current) scrollToEnd();
    });
    observer.observe(viewport.current as HTMLElement);
    return () => observer.disconnect();
  }, []);

  return (
    <>
      <section id="talk" ref={viewport} tabIndex={0} aria-label="Messages" onScroll={onScroll}>
        {children}
        {items.length === 0 && <p id="empty">No messages yet.</p>}
        <ol id="earlier" aria-label="Earlier messages">
          {earlier.map((message, index) => (
            <RoomMessage key={message.id} {...{ message, me, loadPicture }} above={earlier[index - 1]} />
          ))}
        </ol>
        <ol
          id="lines"
          ref={newestList}
          role="log"
          aria-live="polite"
          aria-relevant="additions"
          aria-label="Newest messages"
        >
          {items.map((item, index) =>
            "id" in item ? (
              <RoomMessage
                key={item.id}
                message={item}
                me={me}
                loadPicture={loadPicture}
                above={items[index - 1] ?? earlier.at(-1)}
              />
            ) : (
              <li key={`notice ${index}`} className="notice">
                {item.about !== undefined && <bdi>{item.about}</bdi>} {item.text}
              </li>
            ),
          )}
        </ol>
        <ol id="pending" aria-label="Your messages that are not delivered yet">
          {pending.map(({ message, from, at, delivery, reason }, index) => (
            <Message
              key={message.id}
              from={from}
              at={at}
              me={me}
              isContinuation={isContinuation({ from, at }, pending[index - 1])}
              isFailed={delivery === "rejected" || delivery === "unknown"}
              status={<DeliveryStatus {...{ delivery, reason }} sendAgain={() => sendAgain(message)} />}
            >
              <MessageContent {...message} bytes={message.picture?.bytes} loadPicture={loadPicture} />
            </Message>
          ))}
        </ol>
      </section>
      {hasNewMessages && (
        <button
          id="newer"
          onClick={() => {
            scrollToEnd();
            viewport.current?.focus();
          }}
        >
          New messages ↓
        </button>
      )}
    </>
  );
}

type DeliveryStatusProps = Pick<PendingMessage, "delivery" | "reason"> & { readonly sendAgain: () => void };

/** The text below a pending message, with a button where the user can send it again. */
function DeliveryStatus({ delivery, reason, sendAgain }: DeliveryStatusProps): ReactNode {
  if (delivery === "rejected") return `${deliveryTexts.rejected}: ${reason}`;
  if (delivery !== "unknown") return deliveryTexts.pending;
  return (
    <>
      {deliveryTexts.unknown}{" "}
      <button className="quiet" onClick={sendAgain}>
        {deliveryTexts.sendAgain}
      </button>
    </>
  );
}

type ItemAbove = RoomState["items"][number] | PendingMessage | undefined;

type RoomMessageProps = {
  readonly message: ShownMessage;
  readonly me: string;
  readonly loadPicture: LoadPicture;
  readonly above: ItemAbove;
};

/** A message that the server has sent to the room. */
function RoomMessage({ message, me, loadPicture, above }: RoomMessageProps): ReactNode {
  return (
    <Message from={message.from} at={message.at} me={me} isContinuation={isContinuation(message, above)}>
      <MessageContent {...message} loadPicture={loadPicture} />
    </Message>
  );
}

function isContinuation(message: Pick<ShownMessage, "from" | "at">, above: ItemAbove): boolean {
  return above !== undefined && "from" in above && continuesMessage(message, above);
}
