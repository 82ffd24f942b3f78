/**
 * The warnings outside of production, for Node and for bundlers without the condition `development`: these put a text in the
 * place of `process.env.NODE_ENV`, and leave out in production what this module imports. A page has no `process`.
 */

import * as warnings from "./warnings.ts";

declare const process: { readonly env: { readonly NODE_ENV?: string } };

const checkArguments: typeof warnings.checkArguments = (...given) => {
  if (typeof process !== "undefined" && process.env.NODE_ENV !== "production")
    warnings.checkArguments(...given);
};

const noteListener: typeof warnings.noteListener = (...event) => {
  if (typeof process !== "undefined" && process.env.NODE_ENV !== "production")
    warnings.noteListener(...event);
};

const warnOfEvent: typeof warnings.warnOfEvent = (...event) => {
  if (typeof process !== "undefined" && process.env.NODE_ENV !== "production") warnings.warnOfEvent(...event);
};

const warnOfFailure: typeof warnings.warnOfFailure = (...failure) => {
  if (typeof process !== "undefined" && process.env.NODE_ENV !== "production")
    warnings.warnOfFailure(...failure);
};

export { checkArguments, noteListener, warnOfEvent, warnOfFailure };
