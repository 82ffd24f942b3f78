let title = document.title;
let unreadCount = 0;

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  unreadCount = 0;
  render();
});

/** Sets the page's title, and forgets unread messages. */
export function setTitle(text: string): void {
  title = text;
  unreadCount = 0;
  render();
}

/** Counts an unread message in the page's title while the page is hidden. */
export function countUnread(): void {
  if (!document.hidden) return;
  unreadCount += 1;
  render();
}

function render(): void {
  document.title = unreadCount > 0 ? `(${unreadCount}) ${title}` : title;
}
