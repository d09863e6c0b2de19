import { ChevronRight } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";

type MenuProps = {
  /** What opens it: a button. */
  readonly trigger: ReactNode;
  readonly align?: "start" | "end";
  readonly children: ReactNode;
};

/** A menu under a button, worked by keyboard too. */
export function Menu({ trigger, align = "end", children }: MenuProps): ReactNode {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align={align} sideOffset={4} collisionPadding={8}>
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

type MenuItemProps = { readonly onSelect: () => void; readonly children: ReactNode };

/** One act of a menu. */
export function MenuItem({ onSelect, children }: MenuItemProps): ReactNode {
  return (
    <DropdownMenu.Item className="menu-item" onSelect={onSelect}>
      {children}
    </DropdownMenu.Item>
  );
}

type MenuCheckProps = {
  readonly isChecked: boolean;
  readonly onChange: (isChecked: boolean) => void;
  readonly children: ReactNode;
};

/** Something of a menu that is on or off; the menu stays open. */
export function MenuCheck({ isChecked, onChange, children }: MenuCheckProps): ReactNode {
  return (
    <DropdownMenu.CheckboxItem
      className="menu-item"
      checked={isChecked}
      onCheckedChange={onChange}
      onSelect={(event) => event.preventDefault()}
    >
      <span className="menu-check" aria-hidden>
        <DropdownMenu.ItemIndicator>✓</DropdownMenu.ItemIndicator>
      </span>
      {children}
    </DropdownMenu.CheckboxItem>
  );
}

/** What the items below have in common. */
export function MenuLabel({ children }: { readonly children: ReactNode }): ReactNode {
  return <DropdownMenu.Label className="menu-label">{children}</DropdownMenu.Label>;
}

/** A line between items. */
export function MenuLine(): ReactNode {
  return <DropdownMenu.Separator className="menu-line" />;
}

type MenuPartProps = { readonly title: ReactNode; readonly children: ReactNode };

/** A menu beside its item; what stands in it is made when it opens. */
export function MenuPart({ title, children }: MenuPartProps): ReactNode {
  return (
    <DropdownMenu.Sub>
      <DropdownMenu.SubTrigger className="menu-item">
        {title}
        <ChevronRight size={14} className="to-end" aria-hidden />
      </DropdownMenu.SubTrigger>
      <DropdownMenu.Portal>
        <DropdownMenu.SubContent className="menu" collisionPadding={8}>
          {children}
        </DropdownMenu.SubContent>
      </DropdownMenu.Portal>
    </DropdownMenu.Sub>
  );
}
