import {
  Activity,
  Building2,
  GitMerge,
  History,
  KeyRound,
  LayoutDashboard,
  Inbox,
  Plug,
  ScrollText,
  Server,
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
  users: Users,
  tokens: KeyRound,
  audit: ScrollText,
  tenants: Building2,
} as const;

/** The picture of a place. */
export function NavIcon({ of }: { readonly of: PlaceIcon }): ReactNode {
  const Icon = ICONS[of];
  return <Icon size={SIZE} aria-hidden />;
}
