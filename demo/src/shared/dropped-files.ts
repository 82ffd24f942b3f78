/**
 * Calls `receive` with the files that the user drops on the page or pastes into it.
 * @returns a function that stops this.
 */
export function listenForFiles(receive: (files: readonly File[]) => void): () => void {
  const listeners = new AbortController();
  const { signal } = listeners;
  const highlight = (isDragging: boolean) => document.body.classList.toggle("dropping", isDragging);

  document.addEventListener(
    "dragover",
    (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault(); // otherwise the browser opens the file in place of the page
      event.dataTransfer.dropEffect = "copy";
      highlight(true);
    },
    { signal },
  );
  document.addEventListener(
    "dragleave",
    (event) => {
      if (event.relatedTarget === null) highlight(false);
    },
    { signal },
  );
  document.addEventListener(
    "drop",
    (event) => {
      highlight(false);
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      receive(files);
    },
    { signal },
  );
  document.addEventListener(
    "paste",
    (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      receive(files);
    },
    { signal },
  );
  return () => {
    listeners.abort();
    highlight(false);
  };
}
