"""Who may get what: one row of cells for looking (GET) and one for sending (POST) at every address.

in    has to sign in first            id    has to verify their identity first
401   has to sign the call, as programs do: whoever is signed in is nobody to the API
to    is led elsewhere                200   gets the page; 422: the page with what was wrong in the form
403   not for this role               404   there is no such thing, for this person
405   not by this method              *     something was written (a change, or a note of who looked)

`viewer`, `sender` and `manager` are verified members of the project whose objects are asked for; `unverified`
is a manager of it without a verified identity; `neighbour` and `stranger` are managers of another project of
the same organization, and of another organization. Reviewer and administrator are members of no project.
"""

PEOPLE = (
    "anonymous",
    "viewer",
    "sender",
    "manager",
    "unverified",
    "neighbour",
    "stranger",
    "reviewer",
    "administrator",
)

# What answers before a sign-in with anything but the way to it.
PUBLIC = {
    "healthz",
    "readyz",
    "sens:openapi-json",
    "sens:openapi-view",
    "sens:post_messages",
    "sens:get_messages",
    "sens:post_files",
    "sens:get_message",
    "sens:get_reservation",
    "sens:delete_reservation",
    "sens:get_unsubscribes",
    "sens:post_unsubscribes",
    "sens:delete_unsubscribes",
    "sens:api-root",
    "sens:nothing",
    "admin:login",
    "admin:logout",
    "admin:choose_language",
    "admin:set_password",
    "admin:invitation",
}

ROWS = """
healthz                                 GET   200  200  200  200  200  200  200  200  200
                                        POST  200  200  200  200  200  200  200  200  200
readyz                                  GET   200  200  200  200  200  200  200  200  200
                                        POST  200  200  200  200  200  200  200  200  200
sens:openapi-json                       GET   200  200  200  200  200  200  200  200  200
                                        POST  405  405  405  405  405  405  405  405  405
sens:openapi-view                       GET   200  200  200  200  200  200  200  200  200
                                        POST  405  405  405  405  405  405  405  405  405
sens:api-root                           GET   404  404  404  404  404  404  404  404  404
                                        POST  404  404  404  404  404  404  404  404  404
sens:nothing                            GET   404  404  404  404  404  404  404  404  404
                                        POST  404  404  404  404  404  404  404  404  404
sens:post_messages                      GET   401  401  401  401  401  401  401  401  401
                                        POST  401  401  401  401  401  401  401  401  401
sens:get_messages                       GET   401  401  401  401  401  401  401  401  401
                                        POST  401  401  401  401  401  401  401  401  401
sens:post_files                         GET   405  405  405  405  405  405  405  405  405
                                        POST  401  401  401  401  401  401  401  401  401
sens:get_message                        GET   401  401  401  401  401  401  401  401  401
                                        POST  405  405  405  405  405  405  405  405  405
sens:get_reservation                    GET   401  401  401  401  401  401  401  401  401
                                        POST  405  405  405  405  405  405  405  405  405
sens:delete_reservation                 GET   405  405  405  405  405  405  405  405  405
                                        POST  405  405  405  405  405  405  405  405  405
sens:get_unsubscribes                   GET   401  401  401  401  401  401  401  401  401
                                        POST  401  401  401  401  401  401  401  401  401
sens:post_unsubscribes                  GET   401  401  401  401  401  401  401  401  401
                                        POST  401  401  401  401  401  401  401  401  401
sens:delete_unsubscribes                GET   401  401  401  401  401  401  401  401  401
                                        POST  401  401  401  401  401  401  401  401  401
admin:search                            GET    in  200  200  200  200  200  200  200  200
                                        POST   in  200  200  200  200  200  200  200  200
admin:switch_project                    GET    in  405  405  405  405  405  405  405  405
                                        POST   in   to   to   to   to  404  404  404  404
admin:choose_language                   GET   405  405  405  405  405  405  405  405  405
                                        POST   to  to*  to*  to*  to*  to*  to*  to*  to*
admin:close_first_steps                 GET    in  405  405  405  405  405  405  405  405
                                        POST   in  to*  to*  to*  to*  to*  to*  to*  to*
admin:badges                            GET    in  200  200  200  200  200  200  200  200
                                        POST   in  405  405  405  405  405  405  405  405
admin:set_password                      GET    to   to   to   to   to   to   to   to   to
                                        POST   to   to   to   to   to   to   to   to   to
admin:audit                             GET    in  403  403  403  403  403  403  403  200
                                        POST   in  403  403  403  403  403  403  403  405
admin:audit_entry                       GET    in  403  403  403  403  403  403  403  200
                                        POST   in  403  403  403  403  403  403  403  405
admin:audit_export                      GET    in  403  403  403  403  403  403  403  200
                                        POST   in  403  403  403  403  403  403  403 200*
admin:settings_audit                    GET    in  403  403  200   id  200  200  403  403
                                        POST   in  403  403  405   id  405  405  403  403
admin:settings_audit_entry              GET    in  403  403  200   id  404  404  403  403
                                        POST   in  403  403  405   id  405  405  403  403
admin:settings_audit_export             GET    in  403  403  200   id  200  200  403  403
                                        POST   in  403  403 200*   id 200* 200*  403  403
admin:invite_member                     GET    in  403  403  200   id  200  200  403  403
                                        POST   in  403  403  200   id  200  200  403  403
admin:sign_in_code                      GET    in   in   in   in   in   in   in   in   in
                                        POST   in   in   in   in   in   in   in   in   in
admin:confirm_password                  GET    in  200  200  200  200  200  200  200  200
                                        POST   in  200  200  200  200  200  200  200  200
admin:invitation                        GET   200  200  200  200  200  200  200  200  200
                                        POST  200  200  200  200  200  200  200  200  200
admin:second_factor                     GET    in  200  200  200  200  200  200  200  200
                                        POST   in   to   to   to   to   to   to   to   to
admin:sign_ins                          GET    in  200  200  200  200  200  200  200  200
                                        POST   in   to   to   to   to   to   to   to   to
admin:accounts_accesskey_changelist     GET    in  403  403  200   id  200  200  403  403
                                        POST   in  403  403  405   id  405  405  403  403
admin:access_key_add                    GET    in  403  403  200   id  200  200  403  403
                                        POST   in  403  403  422   id  422  422  403  403
admin:access_key                        GET    in  403  403  200   id  404  404  403  403
                                        POST   in  403  403  422   id  404  404  403  403
admin:access_key_revoke                 GET    in  403  403  200   id  404  404  403  403
                                        POST   in  403  403  to*   id  404  404  403  403
admin:access_key_rotate                 GET    in  403  403  200   id  404  404  403  403
                                        POST   in  403  403   to   id  404  404  403  403
admin:access_key_end_rotation           GET    in  403  403  200   id  404  404  403  403
                                        POST   in  403  403   to   id  404  404  403  403
admin:access_key_samples                GET    in  403  403  200   id  404  404  403  403
                                        POST   in  403  403  405   id  405  405  403  403
admin:settings_security                 GET    in  403  403  200   id  200  200  403  403
                                        POST   in  403  403   to   id   to   to  403  403
admin:invitation_change                 GET    in  403  403  405   id  405  405  403  403
                                        POST   in  403  403  to*   id  404  404  403  403
admin:person_reset_second_factor        GET    in  403  403  403  403  403  403  403  405
                                        POST   in  403  403  403  403  403  403  403  to*
admin:person_number_limit               GET    in  403  403  403  403  403  403  403  200
                                        POST   in  403  403  403  403  403  403  403  422
admin:member_reset_second_factor        GET    in  403  403  405   id  405  405  403  403
                                        POST   in  403  403  to*   id  404  404  403  403
admin:deliveries_causes                 GET    in  200  200  200   id  200  200  403  403
                                        POST   in  405  405  405   id  405  405  403  403
admin:statistics                        GET    in  200  200  200   id  200  200  403  403
                                        POST   in  405  405  405   id  405  405  403  403
admin:statistics_export                 GET    in  200  200  200   id  200  200  403  403
                                        POST   in  405  405  405   id  405  405  403  403
admin:statistics_keys                   GET    in  200  200  200   id  200  200  403  403
                                        POST   in  405  405  405   id  405  405  403  403
admin:statistics_key_add                GET    in  403  200  200   id  200  200  403  403
                                        POST   in  403  422  422   id  422  422  403  403
admin:statistics_key                    GET    in  403  200  200   id  404  404  403  403
                                        POST   in  403  422  422   id  404  404  403  403
admin:statistics_key_end                GET    in  403  200  200   id  404  404  403  403
                                        POST   in  403  to*  to*   id  404  404  403  403
admin:delivery_convert                  GET    in  403  200  200   id  404  404  403  403
                                        POST   in  403   to   to   id  404  404  403  403
admin:settings_international            GET    in  403  403  200   id  200  200  403  403
                                        POST   in  403  403  422   id  422  422  403  403
admin:settings_international_limit      GET    in  403  403  200   id  200  200  403  403
                                        POST   in  403  403  422   id  422  422  403  403
admin:settings_international_unblock    GET    in  403  403  200   id  404  404  403  403
                                        POST   in  403  403  to*   id  404  404  403  403
admin:settings_hours                    GET    in  403  403  200   id  200  200  403  403
                                        POST   in  403  403  200   id  200  200  403  403
admin:settings_characters               GET    in  403  403  200   id  200  200  403  403
                                        POST   in  403  403  200   id  200  200  403  403
admin:settings_duplicates               GET    in  403  403  200   id  200  200  403  403
                                        POST   in  403  403  200   id  200  200  403  403
admin:settings_backup                   GET    in  403  403  200   id  200  200  403  403
                                        POST   in  403  403  422   id  422  422  403  403
admin:settings_backup_file              GET    in  403  403 200*   id  404  404  403  403
                                        POST   in  403  403  405   id  405  405  403  403
admin:settings_retention                GET    in  403  403  200   id  200  200  403  403
                                        POST   in  403  403  405   id  405  405  403  403
admin:settings_service                  GET    in  403  403  200   id  200  200  403  403
                                        POST   in  403  403  422   id  422  422  403  403
admin:settings_webhooks                 GET    in  403  403  200   id  200  200  403  403
                                        POST   in  403  403  405   id  405  405  403  403
admin:settings_webhooks_help            GET    in  403  403  200   id  200  200  403  403
                                        POST   in  403  403  405   id  405  405  403  403
admin:settings_webhook_add              GET    in  403  403  200   id  200  200  403  403
                                        POST   in  403  403  422   id  422  422  403  403
admin:settings_webhook                  GET    in  403  403  200   id  404  404  403  403
                                        POST   in  403  403  405   id  405  405  403  403
admin:settings_webhook_edit             GET    in  403  403  200   id  404  404  403  403
                                        POST   in  403  403  422   id  404  404  403  403
admin:settings_webhook_switch           GET    in  403  403  405   id  405  405  403  403
                                        POST   in  403  403   to   id  404  404  403  403
admin:settings_webhook_dropped          GET    in  403  403  405   id  405  405  403  403
                                        POST   in  403  403   to   id  404  404  403  403
admin:settings_webhook_test             GET    in  403  403  405   id  405  405  403  403
                                        POST   in  403  403  to*   id  404  404  403  403
admin:settings_webhook_secret           GET    in  403  403  200   id  404  404  403  403
                                        POST   in  403  403   to   id  404  404  403  403
admin:settings_webhook_delete           GET    in  403  403  200   id  404  404  403  403
                                        POST   in  403  403  to*   id  404  404  403  403
admin:settings_webhook_replay           GET    in  403  403  200   id  404  404  403  403
                                        POST   in  403  403   to   id  404  404  403  403
admin:settings_webhook_call             GET    in  403  403  200   id  404  404  403  403
                                        POST   in  403  403  to*   id  404  404  403  403
admin:webhook_networks                  GET    in  403  403  403  403  403  403  403  200
                                        POST   in  403  403  403  403  403  403  403  422
admin:carriers                          GET    in  403  403  403  403  403  403  403  200
                                        POST   in  403  403  403  403  403  403  403  405
admin:carrier_add                       GET    in  403  403  403  403  403  403  403  200
                                        POST   in  403  403  403  403  403  403  403  422
admin:carrier                           GET    in  403  403  403  403  403  403  403  200
                                        POST   in  403  403  403  403  403  403  403  422
admin:carrier_edit                      GET    in  403  403  403  403  403  403  403  200
                                        POST   in  403  403  403  403  403  403  403  422
admin:carrier_switch                    GET    in  403  403  403  403  403  403  403  405
                                        POST   in  403  403  403  403  403  403  403   to
admin:carrier_routes                    GET    in  403  403  403  403  403  403  403  200
                                        POST   in  403  403  403  403  403  403  403  422
admin:person_mail_link                  GET    in  403  403  403  403  403  403  403  405
                                        POST   in  403  403  403  403  403  403  403   to
admin:person_unlock                     GET    in  403  403  403  403  403  403  403  405
                                        POST   in  403  403  403  403  403  403  403   to
admin:profile                           GET    in  200  200  200  200  200  200  200  200
                                        POST   in  to*  to*  to*  to*  to*  to*  to*  to*
admin:senders_document                  GET    in  404  404 200* 200*  404  404 200* 200*
                                        POST   in  405  405  405  405  405  405  405  405
admin:senders_document_page             GET    in  404  404 200* 200*  404  404 200* 200*
                                        POST   in  405  405  405  405  405  405  405  405
admin:senders_identity                  GET    in  200  200  200  200  200  200  403  403
                                        POST   in  422  422  422  id*  422  id*  403  403
admin:senders_numbers                   GET    in  200  200  200  200  200  200  403  403
                                        POST   in  405  405  405  405  405  405  403  403
admin:senders_number_add                GET    in  403  403  200  200  200  200  403  403
                                        POST   in  403  403 422* 422* 422* 422*  403  403
admin:senders_number_phone              GET    in  403  403  200   id  200  200  403  403
                                        POST   in  403  403  422   id  422  422  403  403
admin:senders_number                    GET    in  200  200  200  200  404  404  403  403
                                        POST   in  403  403   to   to  404  404  403  403
admin:senders_number_withdraw           GET    in  403  403  200   id  404  404  403  403
                                        POST   in  403  403  to*   id  404  404  403  403
admin:senders_number_evidence           GET    in  200  200  200   id  404  404  403  403
                                        POST   in  403  403  422   id  404  404  403  403
admin:senders_review_queue              GET    in  403  403  403  403  403  403  200  200
                                        POST   in  403  403  403  403  403  403  405  405
admin:senders_review                    GET    in  403  403  403  403  403  403 200* 200*
                                        POST   in  403  403  403  403  403  403  to*  to*
admin:senders_registered_numbers        GET    in  403  403  403  403  403  403  200  200
                                        POST   in  403  403  403  403  403  403  405  405
admin:senders_evidence_ask              GET    in  403  403  403  403  403  403  200  200
                                        POST   in  403  403  403  403  403  403  422  422
admin:delivery_request                  GET    in  200  200  200   id  404  404  403  403
                                        POST   in  405  405  405   id  405  405  403  403
admin:delivery_progress                 GET    in  200  200  200   id  404  404  403  403
                                        POST   in  405  405  405   id  405  405  403  403
admin:delivery_messages                 GET    in  200 200* 200*   id  404  404  403  403
                                        POST   in  405  405  405   id  405  405  403  403
admin:delivery_attachment               GET    in  200  200  200   id  404  404  403  403
                                        POST   in  405  405  405   id  405  405  403  403
admin:delivery_release                  GET    in  403  200  200   id  404  404  403  403
                                        POST   in  403  to*  to*   id  404  404  403  403
admin:delivery_cancel                   GET    in  403  200  200   id  404  404  403  403
                                        POST   in  403  to*  to*   id  404  404  403  403
admin:deliveries_cancel                 GET    in  403  405  405   id  405  405  403  403
                                        POST   in  403  to*  to*   id   to   to  403  403
admin:deliveries_export                 GET    in  403  200  200   id  200  200  403  403
                                        POST   in  403 200* 200*   id 200* 200*  403  403
admin:delivery_export                   GET    in  403  200  200   id  404  404  403  403
                                        POST   in  403 200* 200*   id  404  404  403  403
admin:deliveries_requests               GET    in  200  200  200   id  200  200  403  403
                                        POST   in  405  405  405   id  405  405  403  403
admin:deliveries_scheduled              GET    in  200  200  200   id  200  200  403  403
                                        POST   in  405  405  405   id  405  405  403  403
admin:deliveries_mass                   GET    in  200  200  200   id  200  200  403  403
                                        POST   in  405  405  405   id  405  405  403  403
admin:deliveries_tagged                 GET    in  200  200  200   id  200  200  403  403
                                        POST   in  405  405  405   id  405  405  403  403
admin:deliveries_recurring              GET    in  200  200  200   id  200  200  403  403
                                        POST   in  405  405  405   id  405  405  403  403
admin:schedule_add                      GET    in  403  200  200   id  200  200  403  403
                                        POST   in  403  422  422   id  422  422  403  403
admin:schedule                          GET    in  200  200  200   id  404  404  403  403
                                        POST   in  405  405  405   id  405  405  403  403
admin:schedule_edit                     GET    in  403  200  200   id  404  404  403  403
                                        POST   in  403  422  422   id  404  404  403  403
admin:schedule_delete                   GET    in  403  200  200   id  404  404  403  403
                                        POST   in  403  422  422   id  404  404  403  403
admin:schedule_message_remove           GET    in  403  200  200   id  404  404  403  403
                                        POST   in  403  to*  to*   id  404  404  403  403
admin:delivery_message                  GET    in  200 200* 200*   id  404  404  403  403
                                        POST   in  405  405  405   id  405  405  403  403
admin:handsets                          GET    in  403 200* 200*   id 200* 200*  403  403
                                        POST   in  403  405  405   id  405  405  403  403
admin:handsets_phones                   GET    in  403  200  200   id  200  200  403  403
                                        POST   in  403  405  405   id  405  405  403  403
admin:send_mass                         GET    in  403  200  200   id  200  200  403  403
                                        POST   in  403   to   to   id   to   to  403  403
admin:send_general_file                 GET    in  403  405  405   id  405  405  403  403
                                        POST   in  403  200  200   id  200  200  403  403
admin:send_general_template_csv         GET    in  403  200  200   id  200  200  403  403
                                        POST   in  403  405  405   id  405  405  403  403
admin:send_general_template_xlsx        GET    in  403  200  200   id  200  200  403  403
                                        POST   in  403  405  405   id  405  405  403  403
admin:send_mass_file                    GET    in  403  405  405   id  405  405  403  403
                                        POST   in  403  200  200   id  200  200  403  403
admin:send_mass_template_csv            GET    in  403  405  405   id  405  405  403  403
                                        POST   in  403  200  200   id  200  200  403  403
admin:send_mass_template_xlsx           GET    in  403  405  405   id  405  405  403  403
                                        POST   in  403  200  200   id  200  200  403  403
admin:send_mass_problems_csv            GET    in  403 200* 200*   id  404  404  403  403
                                        POST   in  403  405  405   id  405  405  403  403
admin:send_mass_problems_xlsx           GET    in  403 200* 200*   id  404  404  403  403
                                        POST   in  403  405  405   id  405  405  403  403
admin:send_pictures                     GET    in  403  405  405   id  405  405  403  403
                                        POST   in  403  200  200   id  200  200  403  403
admin:send_picture                      GET    in  403  200  200   id  404  404  403  403
                                        POST   in  403  405  405   id  405  405  403  403
admin:send_general                      GET    in  403  200  200   id  200  200  403  403
                                        POST   in  403   to   to   id   to   to  403  403
admin:send_tag                          GET    in  403  200  200   id  200  200  403  403
                                        POST   in  403   to   to   id   to   to  403  403
admin:templates                         GET    in  200  200  200   id  200  200  403  403
                                        POST   in  405  405  405   id  405  405  403  403
admin:template_add                      GET    in  403  200  200   id  200  200  403  403
                                        POST   in  403 422* 422*   id 422* 422*  403  403
admin:template                          GET    in  200  200  200   id  404  404  403  403
                                        POST   in  405  405  405   id  405  405  403  403
admin:template_change                   GET    in  403  200  200   id  404  404  403  403
                                        POST   in  403  to*  to*   id  404  404  403  403
admin:template_delete                   GET    in  403  200  200   id  404  404  403  403
                                        POST   in  403  to*  to*   id  404  404  403  403
admin:template_version                  GET    in  200  200  200   id  404  404  403  403
                                        POST   in  403   to   to   id  404  404  403  403
admin:template_picture                  GET    in  200  200  200   id  404  404  403  403
                                        POST   in  405  405  405   id  405  405  403  403
admin:template_category_add             GET    in  403  200  200   id  200  200  403  403
                                        POST   in  403  to*  to*   id  to*  to*  403  403
admin:template_category_change          GET    in  403  200  200   id  404  404  403  403
                                        POST   in  403  to*  to*   id  404  404  403  403
admin:template_category_delete          GET    in  403  200  200   id  404  404  403  403
                                        POST   in  403   to   to   id  404  404  403  403
admin:senders_opt_out_lines             GET    in  200  200  200   id  200  200  403  403
                                        POST   in  403  403  422   id  422  422  403  403
admin:senders_opt_out_line_cancel       GET    in  403  403  200   id  404  404  403  403
                                        POST   in  403  403  to*   id  404  404  403  403
admin:limit_requests                    GET    in  403  403  403  403  403  403  200  200
                                        POST   in  403  403  403  403  403  403  404  404
admin:senders_opt_out_lines_queue       GET    in  403  403  403  403  403  403  200  200
                                        POST   in  403  403  403  403  403  403  404  404
admin:audience_uids                     GET    in  200 200* 200*   id 200* 200*  403  403
                                        POST   in  405  405  405   id  405  405  403  403
admin:audience_uid_add                  GET    in  403  200  200   id  200  200  403  403
                                        POST   in  403  422  422   id  422  422  403  403
admin:audience_uid                      GET    in  200 200* 200*   id  404  404  403  403
                                        POST   in  403  400  400   id  404  404  403  403
admin:audience_uids_bulk                GET    in  403  405  405   id  405  405  403  403
                                        POST   in  403   to   to   id   to   to  403  403
admin:audience_uids_export              GET    in  403  200  200   id  200  200  403  403
                                        POST   in  403 200* 200*   id 200* 200*  403  403
admin:audience_import                   GET    in  403  200  200   id  200  200  403  403
                                        POST   in  403  422  422   id  422  422  403  403
admin:audience_import_file              GET    in  403  200  200   id  404  404  403  403
                                        POST   in  403   to   to   id  404  404  403  403
admin:audience_import_panel             GET    in  403  200  200   id  404  404  403  403
                                        POST   in  403  405  405   id  405  405  403  403
admin:audience_import_template          GET    in  403  200  200   id  200  200  403  403
                                        POST   in  403  405  405   id  405  405  403  403
admin:audience_import_problems          GET    in  403 200* 200*   id  404  404  403  403
                                        POST   in  403  405  405   id  405  405  403  403
admin:audience_tags                     GET    in  200  200  200   id  200  200  403  403
                                        POST   in  403  422  422   id  422  422  403  403
admin:audience_tag                      GET    in  200  200  200   id  404  404  403  403
                                        POST   in  403  400  400   id  404  404  403  403
admin:audience_tag_delete               GET    in  403  200  200   id  404  404  403  403
                                        POST   in  403  to*  to*   id  404  404  403  403
admin:audience_opt_outs                 GET    in  200 200* 200*   id 200* 200*  403  403
                                        POST   in  405  405  405   id  405  405  403  403
admin:audience_opt_outs_add             GET    in  403  200  200   id  200  200  403  403
                                        POST   in  403  422  422   id  422  422  403  403
admin:audience_opt_outs_file            GET    in  403  200  200   id  404  404  403  403
                                        POST   in  403   to   to   id  404  404  403  403
admin:audience_opt_outs_remove          GET    in  403  403   to   id   to   to  403  403
                                        POST   in  403  403   to   id   to   to  403  403
admin:audience_opt_outs_export          GET    in  403  200  200   id  200  200  403  403
                                        POST   in  403 200* 200*   id 200* 200*  403  403
admin:handsets_call                     GET    in  403  405  405   id  405  405  403  403
                                        POST   in  403  400  400   id  400  400  403  403
admin:index                             GET    in  200  200  200  200  200  200  200  200
                                        POST   in  200  200  200  200  200  200  200  200
admin:login                             GET   200   to   to   to   to   to   to   to   to
                                        POST  200 200* 200* 200* 200* 200* 200* 200* 200*
admin:logout                            GET    to  405  405  405  405  405  405  405  405
                                        POST   to  200  200  200  200  200  200  200  200
admin:password_change                   GET    in  200  200  200  200  200  200  200  200
                                        POST   in  200  200  200  200  200  200  200  200
admin:password_change_done              GET    in  200  200  200  200  200  200  200  200
                                        POST   in  405  405  405  405  405  405  405  405
admin:autocomplete                      GET    in  403  403  403  403  403  403  403  403
                                        POST   in  405  405  405  405  405  405  405  405
admin:jsi18n                            GET    in  200  200  200  200  200  200  200  200
                                        POST   in  405  405  405  405  405  405  405  405
admin:accounts_membership_changelist    GET    in  403  403  200   id  200  200  403  403
                                        POST   in  403  403  200   id  200  200  403  403
admin:accounts_membership_add           GET    in  403  403   to   id   to   to  403  403
                                        POST   in  403  403   to   id   to   to  403  403
admin:accounts_membership_history       GET    in  403  403  200   id  404  404  403  403
                                        POST   in  403  403  200   id  404  404  403  403
admin:accounts_membership_delete        GET    in  403  403  200   id  404  404  403  403
                                        POST   in  403  403  to*   id  404  404  403  403
admin:accounts_membership_change        GET    in  403  403  200   id  404  404  403  403
                                        POST   in  403  403  to*   id  404  404  403  403
accounts/membership/<path:object_id>/   GET    in  403  403   to   id   to   to  403  403
                                        POST   in  403  403   to   id   to   to  403  403
admin:accounts_organization_changelist  GET    in  403  403  403  403  403  403  403  200
                                        POST   in  403  403  403  403  403  403  403  200
admin:accounts_organization_add         GET    in  403  403  403  403  403  403  403  200
                                        POST   in  403  403  403  403  403  403  403  200
admin:accounts_organization_history     GET    in  403  403  403  403  403  403  403  200
                                        POST   in  403  403  403  403  403  403  403  200
admin:accounts_organization_delete      GET    in  403  403  403  403  403  403  403  403
                                        POST   in  403  403  403  403  403  403  403  403
admin:accounts_organization_change      GET    in  403  403  403  403  403  403  403  200
                                        POST   in  403  403  403  403  403  403  403  200
accounts/organization/<path:object_id>/ GET    in  403  403  403  403  403  403  403   to
                                        POST   in  403  403  403  403  403  403  403   to
admin:accounts_project_changelist       GET    in  403  403  403  403  403  403  403  200
                                        POST   in  403  403  403  403  403  403  403  200
admin:accounts_project_add              GET    in  403  403  403  403  403  403  403  200
                                        POST   in  403  403  403  403  403  403  403  200
admin:accounts_project_history          GET    in  403  403  403  403  403  403  403  200
                                        POST   in  403  403  403  403  403  403  403  200
admin:accounts_project_delete           GET    in  403  403  403  403  403  403  403  403
                                        POST   in  403  403  403  403  403  403  403  403
admin:accounts_project_change           GET    in  403  403  403  403  403  403  403  200
                                        POST   in  403  403  403  403  403  403  403  200
accounts/project/<path:object_id>/      GET    in  403  403  403  403  403  403  403   to
                                        POST   in  403  403  403  403  403  403  403   to
admin:accounts_user_changelist          GET    in  403  403  403  403  403  403  403  200
                                        POST   in  403  403  403  403  403  403  403  200
admin:accounts_user_add                 GET    in  403  403  403  403  403  403  403  200
                                        POST   in  403  403  403  403  403  403  403  200
admin:accounts_user_history             GET    in  403  403  403  403  403  403  403  200
                                        POST   in  403  403  403  403  403  403  403  200
admin:accounts_user_delete              GET    in  403  403  403  403  403  403  403  403
                                        POST   in  403  403  403  403  403  403  403  403
admin:accounts_user_change              GET    in  403  403  403  403  403  403  403  200
                                        POST   in  403  403  403  403  403  403  403  200
accounts/user/<path:object_id>/         GET    in  403  403  403  403  403  403  403   to
                                        POST   in  403  403  403  403  403  403  403   to
(?P<url>.*)$                            GET    in  404  404  404  404  404  404  404  404
                                        POST   in  404  404  404  404  404  404  404  404
"""


def parsed(text: str) -> dict[str, tuple[list[str], list[str]]]:
    """The cells of GET and of POST by the address's URL name (its route, where it has none)."""
    lines = text.strip().splitlines()
    return {
        look.split()[0]: (look.split()[2:], send.split()[1:])
        for look, send in zip(lines[::2], lines[1::2], strict=True)
    }


TABLE = parsed(ROWS)
