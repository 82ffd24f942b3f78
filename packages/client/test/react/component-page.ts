import type { Root } from "react-dom/client";
import { vi } from "vitest";
import { openPage } from "../../../../test/guides/page.ts";

/** A page without a window, in which a test renders components. */
export interface ComponentPage {
  readonly root: Root;
  /** Has what the components show. */
  readonly element: HTMLElement;
  /** Takes the globals of a page away; unmount the components first. */
  readonly close: () => Promise<void>;
}

/** Opens a page before React DOM is loaded, which looks for one. */
export async function openComponentPage(): Promise<ComponentPage> {
  const closePage = openPage();
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  const { createRoot } = await import("react-dom/client");
  const element = document.createElement("main");
  const close = async (): Promise<void> => {
    vi.unstubAllGlobals();
    await closePage();
  };
  return { root: createRoot(element), element, close };
}
