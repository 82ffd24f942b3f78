let title = document.title;
let unread = 0;

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  unread = 0;
  show();
});

/** Names the page after what it shows. */
export function setTitle(text: string): void {
  title = text;
  unread = 0;
  show();
}

/** Counts a message in the page's title while nobody looks. */
export function countUnread(): void {
  if (!document.hidden) return;
  unread += 1;
  show();
}

function show(): void {
  document.title = unread > 0 ? `(${unread}) ${title}` : title;
}
