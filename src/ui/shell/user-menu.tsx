import { useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { KeyRound, LogOut, UserRound } from "lucide-react";
import { useState, type ReactNode } from "react";

import { logOut, sessionQuery } from "../calls/session.ts";
import { problemWords } from "../parts/failure-words.ts";
import { Menu, MenuItem, MenuLabel } from "../parts/menu.tsx";
import { toast } from "../parts/toast.ts";
import { PasswordDialog } from "./password-dialog.tsx";

/** Who is logged in, and what that one does with the log-in. */
export function UserMenu(): ReactNode {
  const { data: session } = useQuery(sessionQuery);
  const router = useRouter();
  const [isChanging, setIsChanging] = useState(false);
  const leave = async (): Promise<void> => {
    try {
      await logOut();
      await router.navigate({ to: "/login" });
    } catch (thrown) {
      // The menu is closed by then, and who goes away must know that the session stays.
      toast(`You are still logged in. ${problemWords(thrown)}`, "bad");
    }
  };
  const name = session?.user.display_name ?? session?.user.username ?? "";
  return (
    <>
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
        <MenuItem onSelect={() => setIsChanging(true)}>
          <KeyRound size={15} aria-hidden />
          Change password
        </MenuItem>
        <MenuItem onSelect={() => void leave()}>
          <LogOut size={15} aria-hidden />
          Log out
        </MenuItem>
      </Menu>
      <PasswordDialog isOpen={isChanging} onClose={() => setIsChanging(false)} />
    </>
  );
}
