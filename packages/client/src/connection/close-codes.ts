import type { CloseCode } from "@symbolon/protocol";

// Single constants, checked against the type of `CloseCode`: importing the object would bundle every code.
type Codes = typeof CloseCode;

/** The conversation ended as intended. */
export const normal: Codes["Normal"] = 1000;
/** The client leaves: it closes a wire that it no longer needs. */
export const goingAway: Codes["GoingAway"] = 1001;
/** The connection broke; never sent. */
export const abnormal: Codes["Abnormal"] = 1006;
/** An unexpected failure. */
export const internalError: Codes["InternalError"] = 1011;
/** The peer broke the protocol. */
export const badRequest: Codes["BadRequest"] = 4400;
/** The credential is missing or has expired. */
export const unauthorized: Codes["Unauthorized"] = 4401;
/** The client exceeded a limit of the server. */
export const tooMany: Codes["TooMany"] = 4429;
/** A newer connection of the same client replaced this one. */
export const superseded: Codes["Superseded"] = 4900;
/** The peer lost a part of the session. */
export const sessionLost: Codes["SessionLost"] = 4902;
