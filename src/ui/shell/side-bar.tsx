import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useRouter } from "@tanstack/react-router";
import { ChevronsUpDown, LogOut, UserRound } from "lucide-react";
import type { ReactNode } from "react";

import { logOut, sessionQuery } from "../calls/session.ts";
import { Menu, MenuItem, MenuLabel } from "../parts/menu.tsx";
import { NavIcon } from "./nav-icons.tsx";
import { PLACE_GROUPS, type Place } from "./nav.ts";

type SideBarProps = {
  readonly tenant: string;
  readonly isInDrawer?: boolean;
  /** After a place was chosen. */
  readonly onGo?: () => void;
};

/** The navigation: tenant, places, who is logged in. */
export function SideBar({ tenant, isInDrawer = false, onGo }: SideBarProps): ReactNode {
  return (
    <nav aria-label="Main" className={isInDrawer ? "side in-drawer" : "side"}>
      <Link to="/t/$tenant" params={{ tenant }} className="brand" onClick={onGo}>
        <img src="/icon.svg" alt="" />
        ServiceRadar Sync
      </Link>
      <div className="side-tenant">
        <TenantSwitcher tenant={tenant} />
      </div>
      <div className="places" onClick={onGo}>
        {PLACE_GROUPS.map(({ title = "", places }) => (
          <div key={title}>
            {title !== "" && <p className="nav-group">{title}</p>}
            {places.map((place) => (
              <PlaceLink key={place.to} place={place} tenant={tenant} />
            ))}
          </div>
        ))}
      </div>
      <div className="side-foot">
        <UserMenu />
      </div>
    </nav>
  );
}

function PlaceLink({
  place,
  tenant,
}: {
  readonly place: Place;
  readonly tenant: string;
}): ReactNode {
  return (
    <Link
      to={place.to}
      params={{ tenant }}
      className="nav-link"
      activeOptions={{ exact: place.icon === "overview", includeSearch: false }}
      preload="intent"
    >
      <NavIcon of={place.icon} />
      {place.title}
    </Link>
  );
}

function TenantSwitcher({ tenant }: { readonly tenant: string }): ReactNode {
  const { data: session } = useQuery(sessionQuery);
  const navigate = useNavigate();
  const tenants = session?.tenants ?? [];
  const current = tenants.find(({ slug }) => slug === tenant);
  const names = (
    <>
      <span className="tenant-mark" aria-hidden>
        {tenant.slice(0, 1)}
      </span>
      <span className="tenant-names">
        <strong className="clip">{current?.name ?? tenant}</strong>
        <span>{current?.role ?? "tenant"}</span>
      </span>
    </>
  );
  return (
    <Menu
      align="start"
      trigger={
        <button type="button" className="tenant-button">
          <span className="visually-hidden">Change tenant, now</span>
          {names}
          <ChevronsUpDown size={14} aria-hidden />
        </button>
      }
    >
      <MenuLabel>Tenants</MenuLabel>
      {tenants.map(({ slug, name, role }) => (
        <MenuItem
          key={slug}
          onSelect={() => void navigate({ to: "/t/$tenant", params: { tenant: slug } })}
        >
          <span className="tenant-mark" aria-hidden>
            {slug.slice(0, 1)}
          </span>
          {name}
          <span className="muted small">{role}</span>
        </MenuItem>
      ))}
    </Menu>
  );
}

function UserMenu(): ReactNode {
  const { data: session } = useQuery(sessionQuery);
  const router = useRouter();
  const leave = async (): Promise<void> => {
    await logOut();
    await router.navigate({ to: "/login" });
  };
  const name = session?.user.display_name ?? session?.user.username ?? "";
  return (
    <Menu
      align="start"
      trigger={
        <button type="button" className="user-button">
          <UserRound size={16} aria-hidden />
          <span className="clip">{name}</span>
        </button>
      }
    >
      <MenuLabel>{session?.user.username}</MenuLabel>
      <MenuItem onSelect={() => void leave()}>
        <LogOut size={15} aria-hidden />
        Log out
      </MenuItem>
    </Menu>
  );
}
