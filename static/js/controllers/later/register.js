import ChatListController from "controllers/later/chat_list_controller.js"
import DialogController from "controllers/later/dialog_controller.js"
import MenuController from "controllers/later/menu_controller.js"
import OpenerController from "controllers/later/opener_controller.js"
import SearchController from "controllers/later/search_controller.js"
import SwitchesController from "controllers/later/switches_controller.js"
import ThemeController from "controllers/later/theme_controller.js"

/** The controllers that a page can do without until it is shown. */
export function register(application) {
  application.register("dialog", DialogController)
  application.register("opener", OpenerController)
  application.register("menu", MenuController)
  application.register("chat-list", ChatListController)
  application.register("search", SearchController)
  application.register("switches", SwitchesController)
  application.register("theme", ThemeController)
}
