import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { NavIcon } from "./nav-icons.tsx";
import { PLACE_GROUPS, PLATFORM_PLACES, type Place } from "./nav.ts";
import { ReviewCount } from "./review-count.tsx";
import { TenantSwitcher } from "./tenant-switcher.tsx";
import { UserMenu } from "./user-menu.tsx";

type SideBarProps = {
  /** Undefined: the platform. */
  readonly tenant: string | undefined;
  readonly isInDrawer?: boolean;
  /** After a place was chosen. */
  readonly onGo?: () => void;
};

/** The navigation: tenant or platform, its places, who is logged in. */
export function SideBar({ tenant, isInDrawer = false, onGo }: SideBarProps): ReactNode {
  return (
    <nav aria-label="Main" className={isInDrawer ? "side in-drawer" : "side"}>
      <Link to="/" className="brand" onClick={onGo}>
        <img src="/icon.svg" alt="" />
        ServiceRadar Sync
      </Link>
      <div className="side-tenant">
        <TenantSwitcher tenant={tenant} />
      </div>
      <div className="places" onClick={onGo}>
        {tenant === undefined ? <PlatformPlaces /> : <TenantPlaces tenant={tenant} />}
      </div>
      <div className="side-foot">
        <UserMenu />
      </div>
    </nav>
  );
}

function PlatformPlaces(): ReactNode {
  return PLATFORM_PLACES.map(({ to, title, icon }) => (
    <Link
      key={to}
      to={to}
      className="nav-link"
      activeOptions={{ exact: to === "/platform" }}
      preload="intent"
    >
      <NavIcon of={icon} />
      {title}
    </Link>
  ));
}

function TenantPlaces({ tenant }: { readonly tenant: string }): ReactNode {
  return PLACE_GROUPS.map(({ title = "", places }) => (
    <div key={title}>
      {title !== "" && <p className="nav-group">{title}</p>}
      {places.map((place) => (
        <PlaceLink key={place.to} place={place} tenant={tenant} />
      ))}
    </div>
  ));
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
      {place.icon === "review" && <ReviewCount tenant={tenant} />}
    </Link>
  );
}
