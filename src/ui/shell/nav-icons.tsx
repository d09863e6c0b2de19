import {
  Activity,
  Building2,
  GitMerge,
  Archive,
  History,
  KeyRound,
  LayoutDashboard,
  ListChecks,
  Inbox,
  Plug,
  ScrollText,
  Server,
  ShieldCheck,
  ShieldX,
  Users,
} from "lucide-react";
import type { ReactNode } from "react";

import type { PlaceIcon } from "./nav.ts";

const SIZE = 16;
const ICONS = {
  overview: LayoutDashboard,
  devices: Server,
  review: GitMerge,
  sources: Plug,
  agents: Activity,
  runs: History,
  ingestion: Inbox,
  migration: ListChecks,
  users: Users,
  tokens: KeyRound,
  audit: ScrollText,
  retention: Archive,
  tenants: Building2,
  authorities: ShieldCheck,
  refusals: ShieldX,
} as const;

/** The picture of a place. */
export function NavIcon({ of }: { readonly of: PlaceIcon }): ReactNode {
  const Icon = ICONS[of];
  return <Icon size={SIZE} aria-hidden />;
}
