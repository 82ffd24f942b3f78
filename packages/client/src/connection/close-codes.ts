import type { CloseCode } from "@symbolon/protocol";

// One by one, checked against `CloseCode`: the object itself would bring every code into the user's bundle.
type Codes = typeof CloseCode;

/** The conversation is over as intended. */
export const normal: Codes["Normal"] = 1000;
/** The half is leaving. */
export const goingAway: Codes["GoingAway"] = 1001;
/** The connection broke; never sent. */
export const abnormal: Codes["Abnormal"] = 1006;
/** An unexpected failure. */
export const internalError: Codes["InternalError"] = 1011;
/** What was said is not the protocol. */
export const badRequest: Codes["BadRequest"] = 4400;
/** More than the limit allows. */
export const tooMany: Codes["TooMany"] = 4429;
/** A newer connection of the same client took over. */
export const superseded: Codes["Superseded"] = 4900;
/** What one half relies on, the other has lost. */
export const sessionLost: Codes["SessionLost"] = 4902;
