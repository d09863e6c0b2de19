/** Style sheets are bundled by the build; nothing of them is a value. */
declare module "*.css";
