import { Application } from "@hotwired/stimulus"
import ChatController from "controllers/chat_controller.js"
import CodeController from "controllers/code_controller.js"
import ComposerController from "controllers/composer_controller.js"
import ConnectionController from "controllers/connection_controller.js"
import DialogController from "controllers/dialog_controller.js"
import MenuController from "controllers/menu_controller.js"
import MessagesController from "controllers/messages_controller.js"
import OpenerController from "controllers/opener_controller.js"
import PresenceController from "controllers/presence_controller.js"
import SearchController from "controllers/search_controller.js"
import SwitchesController from "controllers/switches_controller.js"
import ThemeController from "controllers/theme_controller.js"
import TypingController from "controllers/typing_controller.js"

const application = Application.start()
application.register("chat", ChatController)
application.register("code", CodeController)
application.register("composer", ComposerController)
application.register("connection", ConnectionController)
application.register("dialog", DialogController)
application.register("menu", MenuController)
application.register("messages", MessagesController)
application.register("opener", OpenerController)
application.register("presence", PresenceController)
application.register("search", SearchController)
application.register("switches", SwitchesController)
application.register("theme", ThemeController)
application.register("typing", TypingController)

// What adds nothing to what the page shows at first waits until that is shown.
requestAnimationFrame(() =>
  setTimeout(async () => {
    const { default: ChatListController } = await import("controllers/later/chat_list_controller.js")
    const { default: PostmanController } = await import("controllers/later/postman_controller.js")
    application.register("chat-list", ChatListController)
    application.register("postman", PostmanController)
  }),
)
