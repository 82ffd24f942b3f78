/** Tells `take` of files that are dropped on the page or pasted into it; returns its own undo. */
export function watchFiles(take: (files: readonly File[]) => void): () => void {
  const over = new AbortController();
  const { signal } = over;
  const show = (dropping: boolean) => document.body.classList.toggle("dropping", dropping);

  document.addEventListener(
    "dragover",
    (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault(); // else a file that is dropped replaces the page
      event.dataTransfer.dropEffect = "copy";
      show(true);
    },
    { signal },
  );
  document.addEventListener(
    "dragleave",
    (event) => {
      if (event.relatedTarget === null) show(false);
    },
    { signal },
  );
  document.addEventListener(
    "drop",
    (event) => {
      show(false);
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      take(files);
    },
    { signal },
  );
  document.addEventListener(
    "paste",
    (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      take(files);
    },
    { signal },
  );
  return () => {
    over.abort();
    show(false);
  };
}
