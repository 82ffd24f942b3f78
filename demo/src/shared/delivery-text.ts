/** The texts below a chat message that is not delivered yet. */
export const deliveryTexts = {
  pending: "Pending",
  unknown: "The connection was lost for too long. This message may not have been sent.",
  sendAgain: "Send again",
  rejected: "Not sent",
} as const;

/** Why the server has rejected a chat message. */
export function rejectionText(error: unknown): string {
  const { issues } = Object(error) as { readonly issues?: readonly { readonly message: string }[] };
  return issues?.[0]?.message ?? "The server could not accept this message";
}
