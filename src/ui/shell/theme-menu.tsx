import { SunMoon } from "lucide-react";
import { useState, type ReactNode } from "react";

import { IconButton } from "../parts/button.tsx";
import { Menu, MenuCheck, MenuLabel, MenuLine } from "../parts/menu.tsx";
import { chooseLooks, chosenLooks, THEMES, type Theme } from "./looks.ts";

const WORDS: Readonly<Record<Theme, string>> = {
  system: "As the system",
  light: "Light",
  dark: "Dark",
};

/** Chooses theme and density. */
export function ThemeMenu(): ReactNode {
  const [looks, setLooks] = useState(chosenLooks);
  const choose = (chosen: Parameters<typeof chooseLooks>[0]): void => {
    chooseLooks(chosen);
    setLooks(chosenLooks());
  };
  const isCompact = looks.density === "compact";
  return (
    <Menu
      trigger={
        <IconButton label="Theme and density">
          <SunMoon size={16} aria-hidden />
        </IconButton>
      }
    >
      <MenuLabel>Theme</MenuLabel>
      {THEMES.map((theme) => (
        <MenuCheck key={theme} isChecked={theme === looks.theme} onChange={() => choose({ theme })}>
          {WORDS[theme]}
        </MenuCheck>
      ))}
      <MenuLine />
      <MenuCheck
        isChecked={isCompact}
        onChange={() => choose({ density: isCompact ? "normal" : "compact" })}
      >
        Compact rows
      </MenuCheck>
    </Menu>
  );
}
