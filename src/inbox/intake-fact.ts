/** What the gateway did with something that an agent sent, for whoever counts. */
export type IntakeFact =
  | {
      readonly kind: "chunk";
      /** Slug. */
      readonly tenant: string;
      readonly outcome: "stored" | "known";
      /** Of the message. */
      readonly bytes: number;
    }
  /** `code`: a gRPC status, or what else a refusal is counted by. */
  | { readonly kind: "refused"; readonly code: string };
