import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Building2, ChevronsUpDown } from "lucide-react";
import type { ReactNode } from "react";

import { sessionQuery } from "../calls/session.ts";
import { Menu, MenuItem, MenuLabel, MenuLine } from "../parts/menu.tsx";

/** Says whose pages these are, and leads to those of another; undefined is the platform. */
export function TenantSwitcher({ tenant }: { readonly tenant: string | undefined }): ReactNode {
  const { data: session } = useQuery(sessionQuery);
  const navigate = useNavigate();
  const tenants = session?.tenants ?? [];
  const current = tenants.find(({ slug }) => slug === tenant);
  return (
    <Menu
      align="start"
      trigger={
        <button type="button" className="tenant-button">
          <span className="visually-hidden">Change tenant, now</span>
          <TenantMark slug={tenant} />
          <span className="tenant-names">
            <strong className="clip">{current?.name ?? tenant ?? "Platform"}</strong>
            <span>{current?.role ?? (tenant === undefined ? "all tenants" : "no role")}</span>
          </span>
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
          <TenantMark slug={slug} />
          {name}
          <span className="muted small">{role}</span>
        </MenuItem>
      ))}
      {session?.user.is_platform_admin === true && (
        <>
          <MenuLine />
          <MenuItem onSelect={() => void navigate({ to: "/platform" })}>
            <TenantMark slug={undefined} />
            Platform
            <span className="muted small">all tenants</span>
          </MenuItem>
        </>
      )}
    </Menu>
  );
}

function TenantMark({ slug }: { readonly slug: string | undefined }): ReactNode {
  return (
    <span className="tenant-mark" aria-hidden>
      {slug === undefined ? <Building2 size={15} /> : slug.slice(0, 1)}
    </span>
  );
}
