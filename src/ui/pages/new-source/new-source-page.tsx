import type { ReactNode } from "react";

import { PageHeader } from "../../parts/page-header.tsx";

/** Makes a source, step by step. */
export function NewSourcePage(): ReactNode {
  return <PageHeader title="New source" />;
}
