import { Application } from "@hotwired/stimulus"
import ArrivalsController from "controllers/arrivals_controller.js"
import AttachController from "controllers/attach_controller.js"
import ChatController from "controllers/chat_controller.js"
import ClosedController from "controllers/closed_controller.js"
import CodeController from "controllers/code_controller.js"
import CompletionController from "controllers/completion_controller.js"
import ComposerController from "controllers/composer_controller.js"
import ConnectionController from "controllers/connection_controller.js"
import DeleteMessageController from "controllers/delete_message_controller.js"
import DialogController from "controllers/dialog_controller.js"
import DialogLinkController from "controllers/dialog_link_controller.js"
import EmojiButtonController from "controllers/emoji_button_controller.js"
import EmojiPickerController from "controllers/emoji_picker_controller.js"
import EndingController from "controllers/ending_controller.js"
import FormatController from "controllers/format_controller.js"
import HeadingController from "controllers/heading_controller.js"
import KeysController from "controllers/keys_controller.js"
import MentionController from "controllers/mention_controller.js"
import MentionLinkController from "controllers/mention_link_controller.js"
import MenuController from "controllers/menu_controller.js"
import MessageActionsController from "controllers/message_actions_controller.js"
import MessagesController from "controllers/messages_controller.js"
import NewestLinkController from "controllers/newest_link_controller.js"
import MomentController from "controllers/moment_controller.js"
import NoteController from "controllers/note_controller.js"
import OutboxController from "controllers/outbox_controller.js"
import OwnNameController from "controllers/own_name_controller.js"
import PaneController from "controllers/pane_controller.js"
import PasskeyController from "controllers/passkey_controller.js"
import PinsController from "controllers/pins_controller.js"
import PresenceController from "controllers/presence_controller.js"
import PreviewController from "controllers/preview_controller.js"
import ReactionsController from "controllers/reactions_controller.js"
import RepliesController from "controllers/replies_controller.js"
import RequestsController from "controllers/requests_controller.js"
import ResetCodeController from "controllers/reset_code_controller.js"
import RowMenuController from "controllers/row_menu_controller.js"
import RowOffersController from "controllers/row_offers_controller.js"
import SearchController from "controllers/search_controller.js"
import SwitchesController from "controllers/switches_controller.js"
import ThemeController from "controllers/theme_controller.js"
import ThreadController from "controllers/thread_controller.js"
import TypingController from "controllers/typing_controller.js"
import UnsentController from "controllers/unsent_controller.js"
import ViewerController from "controllers/viewer_controller.js"
import { keepPage, sendAgain, sendOnce } from "helpers/page.js"
import { checkRestored } from "helpers/restored.js"
import { forgetOthers } from "helpers/written.js"

forgetOthers()
addEventListener("pageshow", checkRestored)
addEventListener("pageshow", sendAgain)
addEventListener("submit", sendOnce)
addEventListener("dragover", keepPage)
addEventListener("drop", keepPage)

const application = Application.start()
application.register("arrivals", ArrivalsController)
application.register("attach", AttachController)
application.register("chat", ChatController)
application.register("closed", ClosedController)
application.register("code", CodeController)
application.register("completion", CompletionController)
application.register("composer", ComposerController)
application.register("connection", ConnectionController)
application.register("delete-message", DeleteMessageController)
application.register("dialog", DialogController)
application.register("dialog-link", DialogLinkController)
application.register("emoji-button", EmojiButtonController)
application.register("emoji-picker", EmojiPickerController)
application.register("ending", EndingController)
application.register("format", FormatController)
application.register("heading", HeadingController)
application.register("keys", KeysController)
application.register("mention", MentionController)
application.register("mention-link", MentionLinkController)
application.register("menu", MenuController)
application.register("message-actions", MessageActionsController)
application.register("messages", MessagesController)
application.register("newest-link", NewestLinkController)
application.register("moment", MomentController)
application.register("note", NoteController)
application.register("outbox", OutboxController)
application.register("own-name", OwnNameController)
application.register("pane", PaneController)
application.register("passkey", PasskeyController)
application.register("pins", PinsController)
application.register("presence", PresenceController)
application.register("preview", PreviewController)
application.register("reactions", ReactionsController)
application.register("replies", RepliesController)
application.register("requests", RequestsController)
application.register("reset-code", ResetCodeController)
application.register("row-menu", RowMenuController)
application.register("row-offers", RowOffersController)
application.register("search", SearchController)
application.register("switches", SwitchesController)
application.register("theme", ThemeController)
application.register("thread", ThreadController)
application.register("typing", TypingController)
application.register("unsent", UnsentController)
application.register("viewer", ViewerController)

// Controllers that don't change the first view load after it is shown.
requestAnimationFrame(() =>
  setTimeout(async () => {
    const { default: ChatListController } = await import("controllers/chat_list_controller.js")
    const { default: DeliveryController } = await import("controllers/delivery_controller.js")
    application.register("chat-list", ChatListController)
    application.register("delivery", DeliveryController)
  }),
)
