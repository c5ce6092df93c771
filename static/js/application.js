import { Application } from "@hotwired/stimulus"
import ChatController from "controllers/chat_controller.js"
import ComposerController from "controllers/composer_controller.js"
import ConnectionController from "controllers/connection_controller.js"
import MessagesController from "controllers/messages_controller.js"
import PresenceController from "controllers/presence_controller.js"
import TypingController from "controllers/typing_controller.js"

const application = Application.start()

// What a chat is read and written with.
application.register("composer", ComposerController)
application.register("messages", MessagesController)
application.register("chat", ChatController)
application.register("connection", ConnectionController)
application.register("presence", PresenceController)
application.register("typing", TypingController)

// What only brings news, or is clicked on, waits until that is shown.
requestAnimationFrame(() =>
  setTimeout(async () => {
    const { register } = await import("controllers/later/register.js")
    register(application)
  }),
)
