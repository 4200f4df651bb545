// Made of openapi.json by `npm run types`. Change the server, not this file.

export interface paths {
    "/api/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Audit
         * @description List what was done.
         */
        get: operations["audit_api_audit_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Verify Chain
         * @description Go through the chain from its first entry to its last.
         */
        post: operations["verify_chain_api_audit_verify_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/classes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Classes
         * @description List the classes that one is in or teaches, the newest first.
         */
        get: operations["classes_api_classes_get"];
        put?: never;
        /**
         * New Class
         * @description Begin a class.
         */
        post: operations["new_class_api_classes_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/classes/{course_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One Class
         * @description Show a class.
         */
        get: operations["one_class_api_classes__course_id__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change Class
         * @description Change a class; one that has ended takes no new sessions.
         */
        patch: operations["change_class_api_classes__course_id__patch"];
        trace?: never;
    };
    "/api/classes/{course_id}/badges": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * New Badges
         * @description Give all learners of a class new pins and QR codes, to print on one sheet.
         */
        post: operations["new_badges_api_classes__course_id__badges_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/classes/{course_id}/figures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Figures
         * @description Show how a class is spread, and who of it needs practice.
         */
        get: operations["figures_api_classes__course_id__figures_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/classes/{course_id}/learners": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * New Learners
         * @description Add learners by their names; each gets a random id for their recordings.
         */
        post: operations["new_learners_api_classes__course_id__learners_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/classes/{course_id}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * New Member
         * @description Add somebody who is known: to an instructor, from their other classes; to an admin, all.
         */
        post: operations["new_member_api_classes__course_id__members_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/classes/{course_id}/members/{person_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Leave
         * @description Take somebody out of a class; their sessions stay in it, and a last instructor does, too.
         */
        delete: operations["leave_api_classes__course_id__members__person_id__delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/classes/{course_id}/members/{person_id}/badge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * New Badge
         * @description Give a learner a new pin and QR code; the ones before are void.
         */
        post: operations["new_badge_api_classes__course_id__members__person_id__badge_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/classes/{course_id}/sessions.csv": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Class Csv
         * @description Give every session of a class that is analysed, one a row, the oldest first.
         */
        get: operations["class_csv_api_classes__course_id__sessions_csv_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/classes/{course_id}/sheet.pdf": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Class Sheet
         * @description Give a class as one page: each learner by the newest of their sessions in it.
         */
        get: operations["class_sheet_api_classes__course_id__sheet_pdf_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/classes/{course_id}/wall": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Wall
         * @description Show a class's wall to who teaches it.
         */
        get: operations["wall_api_classes__course_id__wall_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/compare/class": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * With Class
         * @description Set a learner beside the others of a class that they are in.
         */
        get: operations["with_class_api_compare_class_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/compare/months": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Months
         * @description Set a learner's month (that of `at`, else this one) beside the month before.
         */
        get: operations["months_api_compare_months_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/desk/{rig_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Desk
         * @description Show a rig's desk to its own device.
         */
        get: operations["desk_api_desk__rig_id__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/desk/{rig_id}/device": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make
         * @description Make this device the rig's desk, as its class's instructor, who is signed out by it.
         */
        post: operations["make_api_desk__rig_id__device_post"];
        /**
         * End Desks
         * @description End all of a rig's desks.
         */
        delete: operations["end_desks_api_desk__rig_id__device_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/desk/{rig_id}/result": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Result
         * @description Tell what one's own session came to.
         */
        get: operations["result_api_desk__rig_id__result_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/desk/{rig_id}/sign-in": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign In
         * @description Sign in at a rig's desk, and so take the rig.
         */
        post: operations["sign_in_api_desk__rig_id__sign_in_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/desk/{rig_id}/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start
         * @description Begin one's own session, as the class is set.
         */
        post: operations["start_api_desk__rig_id__start_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/desk/{rig_id}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop
         * @description End one's own session.
         */
        post: operations["stop_api_desk__rig_id__stop_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/erasures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Wishes
         * @description List who asked to be erased, the oldest wish first.
         */
        get: operations["wishes_api_erasures_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/fleet": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Rigs
         * @description List all rigs, those that need attention first.
         */
        get: operations["rigs_api_fleet_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/fleet/{rig_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One Rig
         * @description Show one rig with its history.
         */
        get: operations["one_rig_api_fleet__rig_id__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/guidelines": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Guidelines
         * @description List the guideline profiles that a class can be judged by.
         */
        get: operations["guidelines_api_guidelines_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/home": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Home
         * @description Tell what waits for who asks.
         */
        get: operations["home_api_home_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/house": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * House
         * @description Tell what the house decided.
         */
        get: operations["house_api_house_get"];
        /**
         * Change House
         * @description Decide otherwise; nothing is erased before the next run.
         */
        put: operations["change_house_api_house_put"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/house/retention": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run Retention
         * @description Erase now what is older than it may be.
         */
        post: operations["run_retention_api_house_retention_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/learners": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Learners
         * @description List the learners that one may see: their newest session, and when practice is due.
         */
        get: operations["learners_api_learners_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/learners/{person_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Learner
         * @description Show how a learner comes along.
         */
        get: operations["learner_api_learners__person_id__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/live/classes/{course_id}/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start All
         * @description Begin a session on each rig of a class that a learner has and that is free.
         */
        post: operations["start_all_api_live_classes__course_id__start_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/live/classes/{course_id}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop All
         * @description End every session that runs in a class.
         */
        post: operations["stop_all_api_live_classes__course_id__stop_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/live/rigs/{rig_id}/mark": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Mark
         * @description Keep what an observer saw, with the session's time; the words stay on the server.
         */
        post: operations["mark_api_live_rigs__rig_id__mark_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/live/rigs/{rig_id}/marks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Marks
         * @description List the marks of one of a rig's sessions, in their order.
         */
        get: operations["marks_api_live_rigs__rig_id__marks_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/live/rigs/{rig_id}/marks/{mark_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Undo
         * @description Undo a mark that one made a moment ago.
         */
        delete: operations["undo_api_live_rigs__rig_id__marks__mark_id__delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/live/rigs/{rig_id}/shock": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Shock
         * @description Mark a shock: the pause about it is judged.
         */
        post: operations["shock_api_live_rigs__rig_id__shock_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/live/rigs/{rig_id}/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start
         * @description Begin a session on a rig of one's class.
         */
        post: operations["start_api_live_rigs__rig_id__start_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/live/rigs/{rig_id}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop
         * @description End the session on a rig of one's class.
         */
        post: operations["stop_api_live_rigs__rig_id__stop_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Me
         * @description Tell who is signed in.
         */
        get: operations["me_api_me_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/me/consents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Consent Myself
         * @description Agree to something, or withdraw it.
         */
        post: operations["consent_myself_api_me_consents_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/me/data": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * My Data
         * @description Tell what is kept about who asks.
         */
        get: operations["my_data_api_me_data_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change My Data
         * @description Opt in to a quality race or out; have one's sessions kept for less long than the house's.
         */
        patch: operations["change_my_data_api_me_data_patch"];
        trace?: never;
    };
    "/api/me/erasure": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask For Erasure
         * @description Ask that all about oneself be erased; an admin grants it.
         */
        post: operations["ask_for_erasure_api_me_erasure_post"];
        /**
         * Take Erasure Back
         * @description Take the wish back.
         */
        delete: operations["take_erasure_back_api_me_erasure_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/me/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export Myself
         * @description Give all that is kept about who asks, recordings too, as one zip.
         */
        get: operations["export_myself_api_me_export_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/me/looks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Looks At Me
         * @description Tell who else looked at one's data or took them along.
         */
        get: operations["looks_at_me_api_me_looks_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/me/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Change Password
         * @description Change one's own password; all other logins end.
         */
        post: operations["change_password_api_me_password_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/open": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Is Open
         * @description Tell whether the first admin is still to be made.
         */
        get: operations["is_open_api_open_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/people": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * People
         * @description List whom one may see, by name.
         */
        get: operations["people_api_people_get"];
        put?: never;
        /**
         * New Person
         * @description Add somebody; an instructor adds learners to their class instead.
         */
        post: operations["new_person_api_people_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/people/{person_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Person
         * @description Show one person that one may see.
         */
        get: operations["person_api_people__person_id__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change Person
         * @description Change somebody; the last admin stays one.
         */
        patch: operations["change_person_api_people__person_id__patch"];
        trace?: never;
    };
    "/api/people/{person_id}/consents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Consents Of
         * @description Tell what a learner of one's own agreed to.
         */
        get: operations["consents_of_api_people__person_id__consents_get"];
        put?: never;
        /**
         * Consent By Form
         * @description Write down what a learner of one's own signed on a form.
         */
        post: operations["consent_by_form_api_people__person_id__consents_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/people/{person_id}/erase": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Erase
         * @description Erase somebody with all about them, recordings too; it cannot be undone.
         */
        post: operations["erase_api_people__person_id__erase_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/people/{person_id}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export Person
         * @description Give all that is kept about somebody, at their wish: to an admin, and to themselves.
         */
        get: operations["export_person_api_people__person_id__export_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/people/{person_id}/looks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Looks At Person
         * @description Tell who looked at somebody's data, at their wish.
         */
        get: operations["looks_at_person_api_people__person_id__looks_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/rigs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Rigs
         * @description List the rigs; with `all` those that were taken out, too.
         */
        get: operations["rigs_api_rigs_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/rigs/codes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * New Code
         * @description Make a code by which one rig joins within half an hour.
         */
        post: operations["new_code_api_rigs_codes_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/rigs/enrol": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Enrol
         * @description Take a rig in by its code; it shows that its key is its own.
         */
        post: operations["enrol_api_rigs_enrol_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/rigs/report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Report
         * @description Keep what a rig reports of itself; what is there already is not kept twice.
         */
        post: operations["report_api_rigs_report_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/rigs/{rig_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Take Out
         * @description Take a rig out: its key is worth nothing from now on; what it recorded stays.
         */
        delete: operations["take_out_api_rigs__rig_id__delete"];
        options?: never;
        head?: never;
        /**
         * Change Rig
         * @description Name a rig (technician), give it to a class, or to a learner of its class (instructor).
         */
        patch: operations["change_rig_api_rigs__rig_id__patch"];
        trace?: never;
    };
    "/api/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Sessions
         * @description List the sessions that one may see.
         */
        get: operations["sessions_api_sessions_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One Session
         * @description Show one session.
         */
        get: operations["one_session_api_sessions__session_id__get"];
        put?: never;
        post?: never;
        /**
         * Erase Session
         * @description Erase one session with its recording (an admin); it cannot be undone.
         */
        delete: operations["erase_session_api_sessions__session_id__delete"];
        options?: never;
        head?: never;
        /**
         * Assign
         * @description Give a session to a class that one teaches, or to a learner of it.
         */
        patch: operations["assign_api_sessions__session_id__patch"];
        trace?: never;
    };
    "/api/sessions/{session_id}/analyses": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Analyses
         * @description List what a session came to, the newest first: by which software, corrected by whom.
         */
        get: operations["analyses_api_sessions__session_id__analyses_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/analysis": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Analysis
         * @description Give an analysis (``mrcpr.analysis/2``), to the last digit as it was computed.
         */
        get: operations["analysis_api_sessions__session_id__analysis_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/annotations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Said To Session
         * @description List the annotations of a session, in the order of its time.
         */
        get: operations["said_to_session_api_sessions__session_id__annotations_get"];
        put?: never;
        /**
         * Annotate
         * @description Write to a session, as its class's instructor.
         */
        post: operations["annotate_api_sessions__session_id__annotations_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/annotations/{annotation_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove
         * @description Remove one's own annotation.
         */
        delete: operations["remove_api_sessions__session_id__annotations__annotation_id__delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/approval": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Approve Result
         * @description Stand for an assessment's result, as its class's instructor; never for one's own.
         */
        post: operations["approve_result_api_sessions__session_id__approval_post"];
        /**
         * Take Approval Back
         * @description Take the approval of a result back.
         */
        delete: operations["take_approval_back_api_sessions__session_id__approval_delete"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/bookmarks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Bookmarks
         * @description List what an observer tapped in a session.
         */
        get: operations["bookmarks_api_sessions__session_id__bookmarks_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/corrections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Corrections
         * @description List the corrections of a session, the newest first.
         */
        get: operations["corrections_api_sessions__session_id__corrections_get"];
        put?: never;
        /**
         * New Correction
         * @description Propose a correction; it is computed at once, in the background.
         */
        post: operations["new_correction_api_sessions__session_id__corrections_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/corrections/{correction_id}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Approve
         * @description Let a proposed correction count; nobody approves one of their own session.
         */
        post: operations["approve_api_sessions__session_id__corrections__correction_id__approve_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/corrections/{correction_id}/withdraw": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Withdraw
         * @description Take back a correction that does not count yet; it stays in the list.
         */
        post: operations["withdraw_api_sessions__session_id__corrections__correction_id__withdraw_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/export.{kind}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export Session
         * @description Give a session as a file: the analysis that counts, or another one; the recording as it is.
         *
         *     The recording (``mcap``) holds what was measured, which no correction changes. Without `names`
         *     the learner's random id stands where the name would.
         */
        get: operations["export_session_api_sessions__session_id__export__kind__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/film": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Film
         * @description Tell whether there is a film of a session.
         */
        get: operations["film_api_sessions__session_id__film_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/film.webm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Film File
         * @description Give the film, or the part of it that is asked for.
         */
        get: operations["film_file_api_sessions__session_id__film_webm_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/original": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Back To Original
         * @description Let the original count again; of one's own session, another has to approve it.
         */
        post: operations["back_to_original_api_sessions__session_id__original_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sessions/{session_id}/trace": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Trace
         * @description Give a stretch of the depth trace: rows of (t_s, low_mm, high_mm, sigma_mm), float32.
         *
         *     Times count from the start of the analysis that is asked for.
         */
        get: operations["trace_api_sessions__session_id__trace_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Set Up
         * @description Make the first admin, by the code that the server printed when it started.
         */
        post: operations["set_up_api_setup_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sign-in": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign In
         * @description Sign in by name and password.
         */
        post: operations["sign_in_api_sign_in_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sign-in/badge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign In By Badge
         * @description Sign in by a badge's QR code.
         */
        post: operations["sign_in_by_badge_api_sign_in_badge_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/sign-out": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign Out
         * @description End this login.
         */
        post: operations["sign_out_api_sign_out_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Offer
         * @description Offer a recording; the answer says from which byte on it is to be sent.
         */
        post: operations["offer_api_uploads_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/uploads/{upload_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Progress
         * @description Tell how far an upload is.
         */
        get: operations["progress_api_uploads__upload_id__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Append
         * @description Send a piece: its bytes are the body. The last one, or an empty one, ends the upload.
         */
        patch: operations["append_api_uploads__upload_id__patch"];
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Ack
         * @description What became of a command.
         */
        Ack: {
            /** Elapsed S */
            elapsed_s?: number | null;
            /** Id */
            id: number;
            /** Ok */
            ok: boolean;
            /** Recording Id */
            recording_id?: string | null;
            /**
             * Type
             * @default ack
             * @constant
             */
            type: "ack";
            /**
             * Words
             * @default
             */
            words: string;
        };
        /**
         * AnalysisRow
         * @description One analysis of a session: the original, or one with corrections.
         */
        AnalysisRow: {
            /** By */
            by: string | null;
            /** Correction Id */
            correction_id: string | null;
            /** Counts */
            counts: boolean;
            /** Id */
            id: string;
            /**
             * Made Utc
             * Format: date-time
             */
            made_utc: string;
            /** Reason */
            reason: string | null;
            /** Software */
            software: string;
            /** State */
            state: string | null;
        };
        /**
         * AnnotationRow
         * @description Words that somebody wrote to a session.
         */
        AnnotationRow: {
            /** By */
            by: string | null;
            /** Id */
            id: string;
            /**
             * Made Utc
             * Format: date-time
             */
            made_utc: string;
            /** Mine */
            mine: boolean;
            /** T S */
            t_s: number | null;
            /** Text */
            text: string;
        };
        /**
         * Assignment
         * @description Whose session it is, and of which class.
         */
        Assignment: {
            /** Course Id */
            course_id?: string | null;
            /** Person Id */
            person_id?: string | null;
        };
        /**
         * Attempt
         * @description What a session is for; all but practice are without cues.
         * @enum {string}
         */
        Attempt: "cold" | "practice" | "retest" | "assessment";
        /**
         * AttentionOut
         * @description One thing to look at.
         */
        AttentionOut: {
            /**
             * Urgency
             * @enum {string}
             */
            urgency: "bad" | "warn" | "note";
            /** Words */
            words: string;
        };
        /**
         * AuditPage
         * @description Entries, the newest first.
         */
        AuditPage: {
            /** Actions */
            actions: string[];
            /** Rows */
            rows: components["schemas"]["AuditRow"][];
            /** Total */
            total: number;
        };
        /**
         * AuditRow
         * @description One entry.
         */
        AuditRow: {
            /** About */
            about: string;
            /** Action */
            action: string;
            /** Actor */
            actor: string;
            /** Actor Name */
            actor_name: string | null;
            /**
             * At Utc
             * Format: date-time
             */
            at_utc: string;
            /** Detail */
            detail: {
                [key: string]: unknown;
            };
            /** Seq */
            seq: number;
            /** Sha256 */
            sha256: string;
            /** Subject */
            subject: string;
            /** Subject Name */
            subject_name: string | null;
        };
        /**
         * BadgeOut
         * @description A learner's pin and QR code, shown this once.
         */
        BadgeOut: {
            person: components["schemas"]["PersonRow"];
            /** Pin */
            pin: string;
            /** Qr */
            qr: string;
            /** Url */
            url: string;
        };
        /**
         * BesideClass
         * @description A learner beside the others of a class.
         */
        BesideClass: {
            /** Course */
            course: string;
            /** Measures */
            measures: {
                [key: string]: components["schemas"]["BesideOut"];
            };
            /** N Sessions */
            n_sessions: number;
            /** Name */
            name: string;
            /** Person Id */
            person_id: string;
        };
        /**
         * BesideOut
         * @description A measure of a learner beside the others of the class, of whom none is named.
         */
        BesideOut: {
            /** N Others */
            n_others: number;
            /** Others Mean */
            others_mean: number | null;
            /** Own */
            own: number | null;
            /** Quartiles */
            quartiles: [
                number,
                number,
                number
            ] | null;
            /** Why */
            why: string;
        };
        /**
         * BookmarkRow
         * @description What an observer tapped while the learner trained.
         */
        BookmarkRow: {
            /**
             * At Utc
             * Format: date-time
             */
            at_utc: string;
            /** By */
            by: string | null;
            /** Elapsed S */
            elapsed_s: number | null;
            /** Id */
            id: string;
            /** Text */
            text: string;
            /** What */
            what: string;
        };
        /**
         * ChainVerdict
         * @description Whether the chain is whole.
         */
        ChainVerdict: {
            /** Broken At */
            broken_at: number | null;
            /** Last Sha256 */
            last_sha256: string;
            /** N Entries */
            n_entries: number;
        };
        /**
         * CheckedItem
         * @description One number of a daily check against its limits.
         */
        CheckedItem: {
            /** High */
            high?: number | null;
            /** Item */
            item: string;
            /** Low */
            low?: number | null;
            /** Passed */
            passed: boolean;
            /** Sigma */
            sigma?: number | null;
            /** Unit */
            unit: string;
            /** Value */
            value: number | null;
            /**
             * Why
             * @default
             */
            why: string;
        };
        /**
         * ClassChange
         * @description What is to be otherwise; what is left out stays.
         */
        ClassChange: {
            attempt?: components["schemas"]["Attempt"] | null;
            /** Duration S */
            duration_s?: number | null;
            /** Ended */
            ended?: boolean | null;
            /** Goal Compressions */
            goal_compressions?: number | null;
            /** Guideline */
            guideline?: string | null;
            mode?: components["schemas"]["Mode"] | null;
            /** Race */
            race?: boolean | null;
            /** Title */
            title?: string | null;
        };
        /**
         * ClassFigures
         * @description A class in figures.
         */
        ClassFigures: {
            /** Guideline Id */
            guideline_id: string;
            /** Learners */
            learners: components["schemas"]["LearnerFigures"][];
            /** Mode */
            mode: string;
            /** Spreads */
            spreads: components["schemas"]["Spread"][];
        };
        /**
         * ClassName
         * @description A class, as a link names it.
         */
        ClassName: {
            /** Id */
            id: string;
            /** Title */
            title: string;
        };
        /**
         * ClassPage
         * @description A class with its people; a learner sees the instructors only.
         */
        ClassPage: {
            attempt: components["schemas"]["Attempt"];
            /**
             * Created Utc
             * Format: date-time
             */
            created_utc: string;
            /** Duration S */
            duration_s: number | null;
            /** Ended Utc */
            ended_utc: string | null;
            /** Goal Compressions */
            goal_compressions: number | null;
            /** Guideline */
            guideline: string;
            /** Id */
            id: string;
            /** Instructors */
            instructors: components["schemas"]["PersonRow"][];
            /** Learners */
            learners: components["schemas"]["PersonRow"][];
            /** Mine */
            mine: boolean;
            mode: components["schemas"]["Mode"];
            /** N Learners */
            n_learners: number;
            /** Race */
            race: boolean;
            /** Title */
            title: string;
        };
        /**
         * ClassRow
         * @description One class in a list.
         */
        ClassRow: {
            attempt: components["schemas"]["Attempt"];
            /**
             * Created Utc
             * Format: date-time
             */
            created_utc: string;
            /** Duration S */
            duration_s: number | null;
            /** Ended Utc */
            ended_utc: string | null;
            /** Goal Compressions */
            goal_compressions: number | null;
            /** Guideline */
            guideline: string;
            /** Id */
            id: string;
            /** Mine */
            mine: boolean;
            mode: components["schemas"]["Mode"];
            /** N Learners */
            n_learners: number;
            /** Race */
            race: boolean;
            /** Title */
            title: string;
        };
        /**
         * CodeOut
         * @description A one-time code, shown this once.
         */
        CodeOut: {
            /** Code */
            code: string;
            /**
             * Expires Utc
             * Format: date-time
             */
            expires_utc: string;
        };
        /**
         * Comparable
         * @description Sessions that one line may join, the oldest first.
         */
        Comparable: {
            /** Guideline Id */
            guideline_id: string;
            /** Mode */
            mode: string;
            /** Points */
            points: components["schemas"]["Point"][];
            /** Without Cues */
            without_cues: boolean;
        };
        /**
         * ConsentSaid
         * @description What somebody agreed to or withdrew once.
         */
        ConsentSaid: {
            /**
             * At Utc
             * Format: date-time
             */
            at_utc: string;
            /** By Name */
            by_name: string | null;
            /** By Themselves */
            by_themselves: boolean;
            /** Given */
            given: boolean;
            /**
             * Kind
             * @enum {string}
             */
            kind: "motion" | "video" | "research";
        };
        /**
         * Consents
         * @description What counts now, and all that was ever said, the newest first.
         */
        Consents: {
            /** Motion */
            motion: boolean;
            /** Research */
            research: boolean;
            /** Said */
            said: components["schemas"]["ConsentSaid"][];
            /** Video */
            video: boolean;
            /** Video Allowed By House */
            video_allowed_by_house: boolean;
        };
        /**
         * CorrectionRow
         * @description One correction, and what who asks may do with it.
         */
        CorrectionRow: {
            /** Analysis Id */
            analysis_id: string | null;
            /** Approved By */
            approved_by: string | null;
            /** Approved Utc */
            approved_utc: string | null;
            /** By */
            by: string | null;
            /** By Person Id */
            by_person_id: string;
            /** Corrections */
            corrections: {
                [key: string]: unknown;
            };
            /** Id */
            id: string;
            /**
             * Made Utc
             * Format: date-time
             */
            made_utc: string;
            /** May Approve */
            may_approve: boolean;
            /** May Withdraw */
            may_withdraw: boolean;
            /** Reason */
            reason: string;
            /**
             * State
             * @enum {string}
             */
            state: "waiting" | "proposed" | "counts" | "replaced" | "withdrawn" | "failed";
            /** Why Failed */
            why_failed: string;
        };
        /**
         * DailyCheck
         * @description One daily check.
         */
        DailyCheck: {
            /**
             * Items
             * @default []
             */
            items: components["schemas"]["CheckedItem"][];
            /**
             * Made Utc
             * Format: date-time
             */
            made_utc: string;
            /** Passed */
            passed: boolean;
            /**
             * Text
             * @default
             */
            text: string;
        };
        /**
         * DeskPage
         * @description What a rig's desk shows before anybody signs in: no names.
         */
        DeskPage: {
            attempt: components["schemas"]["Attempt"];
            /** Course */
            course: string;
            /** Duration S */
            duration_s: number | null;
            /** Guideline */
            guideline: string;
            mode: components["schemas"]["Mode"];
            /**
             * Presence
             * @enum {string}
             */
            presence: "never" | "here" | "lost";
            /** Recording Id */
            recording_id: string | null;
            /** Rig */
            rig: string;
            /** Rig Id */
            rig_id: string;
            /** Rig State */
            rig_state: string;
            /** Words */
            words: string;
        };
        /**
         * DeskResult
         * @description What the session of who is signed in came to, as soon as that is known.
         */
        DeskResult: {
            /** Mean Depth Mm */
            mean_depth_mm?: number | null;
            /** Mean Rate Cpm */
            mean_rate_cpm?: number | null;
            /** N Compressions */
            n_compressions?: number | null;
            /** N Right */
            n_right?: number | null;
            /** Release In Target Pct */
            release_in_target_pct?: number | null;
            /** Score High Pct */
            score_high_pct?: number | null;
            /** Score Low Pct */
            score_low_pct?: number | null;
            /** Score Pct */
            score_pct?: number | null;
            /** Session Id */
            session_id?: string | null;
            /**
             * State
             * @enum {string}
             */
            state: "coming" | "waiting" | "ready" | "failed";
            /**
             * Why Failed
             * @default
             */
            why_failed: string;
        };
        /**
         * DeskSignIn
         * @description By pin, or by a badge's token.
         */
        DeskSignIn: {
            /** Badge */
            badge?: string | null;
            /** Pin */
            pin?: string | null;
        };
        /**
         * DriftPoint
         * @description One reading at one time.
         */
        DriftPoint: {
            /** Sigma */
            sigma: number;
            /**
             * Source
             * @enum {string}
             */
            source: "session" | "check";
            /** T S */
            t_s: number;
            /** Value */
            value: number;
        };
        /**
         * DriftRead
         * @description What one session or check told of a rig's drift.
         */
        DriftRead: {
            /**
             * Made Utc
             * Format: date-time
             */
            made_utc: string;
            /** Readings */
            readings: components["schemas"]["DriftValue"][];
            /** Rig Sha256 */
            rig_sha256: string;
            /**
             * Source
             * @enum {string}
             */
            source: "session" | "check";
        };
        /**
         * DriftSeries
         * @description How one reading went since the rig was last calibrated.
         */
        DriftSeries: {
            /** Limit */
            limit: number | null;
            /** Points */
            points: components["schemas"]["DriftPoint"][];
            /** Subject */
            subject: string;
            /** Topic */
            topic: string;
            /** Unit */
            unit: string;
            /** Warn At */
            warn_at: number | null;
        };
        /**
         * DriftValue
         * @description One reading.
         */
        DriftValue: {
            /**
             * Advice
             * @default
             */
            advice: string;
            /** Limit */
            limit?: number | null;
            /** Sigma */
            sigma: number;
            /** Subject */
            subject: string;
            /** Topic */
            topic: string;
            /** Unit */
            unit: string;
            /** Value */
            value: number;
            /** Warn At */
            warn_at?: number | null;
        };
        /**
         * Enrolled
         * @description Its id from now on.
         */
        Enrolled: {
            /** Rig Id */
            rig_id: string;
        };
        /**
         * Enrolment
         * @description A rig that wants to join.
         */
        Enrolment: {
            /** Code */
            code: string;
            /** Facts */
            facts?: {
                [key: string]: unknown;
            };
            /** Name */
            name: string;
            /** Proof */
            proof: string;
            /** Public Key */
            public_key: string;
        };
        /**
         * EraseConfirmed
         * @description An admin's word that they mean this person: the name, written once more.
         */
        EraseConfirmed: {
            /** Name */
            name: string;
        };
        /**
         * Erasures
         * @description How many sessions were erased.
         */
        Erasures: {
            /** N Sessions */
            n_sessions: number;
        };
        /**
         * Fault
         * @description Something that went wrong on a rig.
         */
        Fault: {
            /**
             * Made Utc
             * Format: date-time
             */
            made_utc: string;
            /** Words */
            words: string;
        };
        /**
         * FaultOut
         * @description Something that went wrong.
         */
        FaultOut: {
            /**
             * At Utc
             * Format: date-time
             */
            at_utc: string;
            /** Words */
            words: string;
        };
        /**
         * FilmOut
         * @description Whether there is a film of a session; without one, `why` says why.
         */
        FilmOut: {
            /** Begins S */
            begins_s: number | null;
            /** Ready */
            ready: boolean;
            /** Why */
            why: string;
        };
        /**
         * FleetPage
         * @description One rig with its history, the newest first.
         */
        FleetPage: {
            /** Attention */
            attention: components["schemas"]["AttentionOut"][];
            /** Calibrated Utc */
            calibrated_utc: string;
            /** Check Passed */
            check_passed: boolean | null;
            /** Check Utc */
            check_utc: string | null;
            /** Checks */
            checks: components["schemas"]["DailyCheck"][];
            /** Drift */
            drift: components["schemas"]["DriftSeries"][];
            /** Due Utc */
            due_utc: string | null;
            /** Due Why */
            due_why: string;
            /**
             * Enrolled Utc
             * Format: date-time
             */
            enrolled_utc: string;
            /** Faults */
            faults: components["schemas"]["FaultOut"][];
            /** Id */
            id: string;
            /** Name */
            name: string;
            /** Outbox N */
            outbox_n: number;
            /** Parts */
            parts: components["schemas"]["Part"][];
            /** Parts Utc */
            parts_utc: string | null;
            /**
             * Presence
             * @enum {string}
             */
            presence: "never" | "here" | "lost";
            /** Reported Utc */
            reported_utc: string | null;
            /** Seen Utc */
            seen_utc: string | null;
            /** Simulated */
            simulated: boolean;
            /** Since Ms */
            since_ms: number | null;
            /** Software */
            software: string;
            /** Training */
            training: boolean;
        };
        /**
         * FleetRow
         * @description One rig, as a technician sees it.
         */
        FleetRow: {
            /** Attention */
            attention: components["schemas"]["AttentionOut"][];
            /** Calibrated Utc */
            calibrated_utc: string;
            /** Check Passed */
            check_passed: boolean | null;
            /** Check Utc */
            check_utc: string | null;
            /** Due Utc */
            due_utc: string | null;
            /** Due Why */
            due_why: string;
            /**
             * Enrolled Utc
             * Format: date-time
             */
            enrolled_utc: string;
            /** Id */
            id: string;
            /** Name */
            name: string;
            /** Outbox N */
            outbox_n: number;
            /** Parts */
            parts: components["schemas"]["Part"][];
            /** Parts Utc */
            parts_utc: string | null;
            /**
             * Presence
             * @enum {string}
             */
            presence: "never" | "here" | "lost";
            /** Reported Utc */
            reported_utc: string | null;
            /** Seen Utc */
            seen_utc: string | null;
            /** Simulated */
            simulated: boolean;
            /** Since Ms */
            since_ms: number | null;
            /** Software */
            software: string;
            /** Training */
            training: boolean;
        };
        /**
         * FormConsent
         * @description The same by a signed form that lies before the instructor.
         */
        FormConsent: {
            /**
             * Form Signed
             * @constant
             */
            form_signed: true;
            /** Given */
            given: boolean;
            /**
             * Kind
             * @enum {string}
             */
            kind: "motion" | "video" | "research";
        };
        /**
         * FreeRig
         * @description A rig that could be given to this class.
         */
        FreeRig: {
            /** Id */
            id: string;
            /** Name */
            name: string;
        };
        /**
         * Goal
         * @description How far the class is together, today.
         */
        Goal: {
            /** Goal */
            goal: number | null;
            /** N Right */
            n_right: number;
            /** N Sessions */
            n_sessions: number;
            /** N Waiting */
            n_waiting: number;
            /** What Counts */
            what_counts: string;
        };
        /**
         * GuidelineRow
         * @description A guideline profile that the software brings along.
         */
        GuidelineRow: {
            /** Id */
            id: string;
            /** Title */
            title: string;
        };
        /**
         * Home
         * @description What waits for who asks, the most pressing first.
         */
        Home: {
            /** Waiting */
            waiting: components["schemas"]["Waiting"][];
        };
        /**
         * House
         * @description What the house decided.
         */
        House: {
            /** Retention Days */
            retention_days?: number | null;
            /**
             * Video Allowed
             * @default false
             */
            video_allowed: boolean;
        };
        /**
         * HousePage
         * @description The same, and what it comes to.
         */
        HousePage: {
            /** N Due */
            n_due: number;
            /** Retention Days */
            retention_days?: number | null;
            /**
             * Video Allowed
             * @default false
             */
            video_allowed: boolean;
        };
        /**
         * HowToTrain
         * @description A session to begin; what is left out is the class's.
         */
        HowToTrain: {
            attempt?: components["schemas"]["Attempt"] | null;
            /** Duration S */
            duration_s?: number | null;
            /** Guideline */
            guideline?: string | null;
            /** Level */
            level?: ("full" | "reduced" | "sound" | "none") | null;
            mode?: components["schemas"]["Mode"] | null;
            /**
             * Rescuers
             * @default 1
             */
            rescuers: number;
        };
        /**
         * LearnerFigures
         * @description One learner of a class.
         */
        LearnerFigures: {
            /** Best Id */
            best_id: string | null;
            /** Best Pct */
            best_pct: number | null;
            /** Due Utc */
            due_utc: string | null;
            /** Last Utc */
            last_utc: string | null;
            /** Learner Id */
            learner_id: string | null;
            /** N Sessions */
            n_sessions: number;
            /** Name */
            name: string;
            /** Needs Practice */
            needs_practice: boolean;
            /** Newest High Pct */
            newest_high_pct: number | null;
            /** Newest Id */
            newest_id: string | null;
            /** Newest Low Pct */
            newest_low_pct: number | null;
            /** Newest Pct */
            newest_pct: number | null;
            /** Person Id */
            person_id: string;
        };
        /**
         * LearnerPage
         * @description A learner over time.
         */
        LearnerPage: {
            /** Classes */
            classes: components["schemas"]["ClassName"][];
            person: components["schemas"]["PersonRow"];
            progress: components["schemas"]["Progress"];
        };
        /**
         * LearnerRow
         * @description A learner in a list.
         */
        LearnerRow: {
            /** Due Utc */
            due_utc: string | null;
            /** Last Utc */
            last_utc: string | null;
            /** Learner Id */
            learner_id: string | null;
            /** Name */
            name: string;
            /** Newest High Pct */
            newest_high_pct: number | null;
            /** Newest Id */
            newest_id: string | null;
            /** Newest Low Pct */
            newest_low_pct: number | null;
            /** Newest Pct */
            newest_pct: number | null;
            /** Overdue */
            overdue: boolean;
            /** Person Id */
            person_id: string;
        };
        /**
         * Learners
         * @description A page of learners, by name.
         */
        Learners: {
            /** Rows */
            rows: components["schemas"]["LearnerRow"][];
            /** Total */
            total: number;
        };
        /**
         * LookSeen
         * @description One look at somebody's data.
         */
        LookSeen: {
            /** About */
            about: string;
            /** Action */
            action: string;
            /**
             * At Utc
             * Format: date-time
             */
            at_utc: string;
            /** Name */
            name: string | null;
            /** Role */
            role: string | null;
        };
        /**
         * Looks
         * @description Who looked at somebody's data, the newest first.
         */
        Looks: {
            /** Rows */
            rows: components["schemas"]["LookSeen"][];
            /** Total */
            total: number;
        };
        /**
         * MarkIn
         * @description What an observer tapped.
         */
        MarkIn: {
            /**
             * Text
             * @default
             */
            text: string;
            /** What */
            what: string;
        };
        /**
         * MarkOut
         * @description One mark that is kept.
         */
        MarkOut: {
            /**
             * At Utc
             * Format: date-time
             */
            at_utc: string;
            /** Elapsed S */
            elapsed_s: number | null;
            /** Id */
            id: string;
            /** Mine */
            mine: boolean;
            /** Recording Id */
            recording_id: string;
            /** Text */
            text: string;
            /** What */
            what: string;
        };
        /**
         * Mode
         * @description How compressions and breaths are meant to alternate.
         * @enum {string}
         */
        Mode: "hands-only" | "30:2" | "15:2" | "continuous" | "ventilation-only";
        /**
         * Months
         * @description This month beside the last one.
         */
        Months: {
            before: components["schemas"]["Period"];
            /** Name */
            name: string;
            now: components["schemas"]["Period"];
            /** Person Id */
            person_id: string;
        };
        /**
         * NewAnnotation
         * @description Words to a session.
         */
        NewAnnotation: {
            /** T S */
            t_s?: number | null;
            /** Text */
            text: string;
        };
        /**
         * NewClass
         * @description A class to begin; who begins it teaches it.
         */
        NewClass: {
            /**
             * Guideline
             * @default aha-2025-adult-bls
             */
            guideline: string;
            /** @default hands-only */
            mode: components["schemas"]["Mode"];
            /** Title */
            title: string;
        };
        /**
         * NewConsent
         * @description A yes, or its withdrawal.
         */
        NewConsent: {
            /** Given */
            given: boolean;
            /**
             * Kind
             * @enum {string}
             */
            kind: "motion" | "video" | "research";
        };
        /**
         * NewCorrection
         * @description What is to be corrected; each part of it has a reason of its own, too.
         */
        NewCorrection: {
            /** Corrections */
            corrections: {
                [key: string]: unknown;
            };
            /**
             * Count
             * @default false
             */
            count: boolean;
            /** Reason */
            reason: string;
        };
        /**
         * NewLearners
         * @description Learners to add by their names: one a line of a list.
         */
        NewLearners: {
            /** Names */
            names: string[];
        };
        /**
         * NewMember
         * @description Somebody who is known already.
         */
        NewMember: {
            /** Person Id */
            person_id: string;
            /**
             * Role
             * @default learner
             * @enum {string}
             */
            role: "instructor" | "learner";
        };
        /**
         * NewPassword
         * @description A change of one's own password.
         */
        NewPassword: {
            /** New */
            new: string;
            /** Old */
            old: string;
        };
        /**
         * NewPerson
         * @description Somebody to add; without a password they sign in by pin or badge only.
         */
        NewPerson: {
            /** Name */
            name: string;
            /** Password */
            password?: string | null;
            /**
             * Role
             * @default learner
             * @enum {string}
             */
            role: "learner" | "instructor" | "technician" | "admin";
            /** Sign In Name */
            sign_in_name?: string | null;
        };
        /**
         * OfferIn
         * @description A recording that somebody wants to send.
         */
        OfferIn: {
            /** Course Id */
            course_id?: string | null;
            /** Name */
            name?: string | null;
            /** Recording Id */
            recording_id?: string | null;
            /** Sha256 */
            sha256: string;
            /** Signature */
            signature?: string | null;
            /** Size */
            size: number;
        };
        /**
         * Open
         * @description What a browser may know before anybody signs in.
         */
        Open: {
            /** Disclaimer */
            disclaimer: string;
            /** Needs Setup */
            needs_setup: boolean;
            /** Software */
            software: string;
        };
        /**
         * OwnChange
         * @description What is to be otherwise; what is left out stays.
         */
        OwnChange: {
            /** Keep Days */
            keep_days?: number | null;
            /** Races */
            races?: boolean | null;
        };
        /**
         * OwnData
         * @description What is kept about who asks, and for how long.
         */
        OwnData: {
            consents: components["schemas"]["Consents"];
            /** Erasure Asked Utc */
            erasure_asked_utc: string | null;
            /** Has Password */
            has_password: boolean;
            /** House Days */
            house_days: number | null;
            /** Keep Days */
            keep_days: number | null;
            /** Learner Id */
            learner_id: string | null;
            /** N Sessions */
            n_sessions: number;
            /** Name */
            name: string;
            /** Races */
            races: boolean;
        };
        /**
         * Part
         * @description One device of a rig, as it was when it was last open.
         */
        Part: {
            /**
             * Firmware
             * @default
             */
            firmware: string;
            /**
             * Model
             * @default
             */
            model: string;
            /**
             * Serial
             * @default
             */
            serial: string;
            /** What */
            what: string;
        };
        /**
         * People
         * @description A page of people, by name.
         */
        People: {
            /** Rows */
            rows: components["schemas"]["PersonRow"][];
            /** Total */
            total: number;
        };
        /**
         * Period
         * @description A learner's sessions of a month.
         */
        Period: {
            /** Measures */
            measures: {
                [key: string]: components["schemas"]["SpreadOut"];
            };
            /** N Sessions */
            n_sessions: number;
            /**
             * Since
             * Format: date-time
             */
            since: string;
            /**
             * Until
             * Format: date-time
             */
            until: string;
        };
        /**
         * PersonChange
         * @description What is to be otherwise; what is left out stays.
         */
        PersonChange: {
            /** Disabled */
            disabled?: boolean | null;
            /** Name */
            name?: string | null;
            /** Password */
            password?: string | null;
            /** Role */
            role?: ("learner" | "instructor" | "technician" | "admin") | null;
        };
        /**
         * PersonRow
         * @description One person in a list.
         */
        PersonRow: {
            /** Disabled */
            disabled: boolean;
            /** Id */
            id: string;
            /** Learner Id */
            learner_id: string | null;
            /** Name */
            name: string;
            /**
             * Role
             * @enum {string}
             */
            role: "learner" | "instructor" | "technician" | "admin";
            /** Sign In Name */
            sign_in_name: string | null;
        };
        /**
         * Point
         * @description One session's score.
         */
        Point: {
            /** Attempt */
            attempt: string;
            /** Edited */
            edited: boolean;
            /** Items */
            items: {
                [key: string]: number | null;
            };
            /**
             * Made Utc
             * Format: date-time
             */
            made_utc: string;
            /** Score High Pct */
            score_high_pct: number | null;
            /** Score Low Pct */
            score_low_pct: number | null;
            /** Score Pct */
            score_pct: number | null;
            /** Session Id */
            session_id: string;
        };
        /**
         * Problem
         * @description An answer that is a no.
         */
        Problem: {
            /** Code */
            code: string;
            /** Error */
            error: string;
        };
        /**
         * Progress
         * @description A learner over time.
         */
        Progress: {
            /** Due Utc */
            due_utc: string | null;
            /** Last Utc */
            last_utc: string | null;
            /** Left Out */
            left_out: number;
            /** Lines */
            lines: components["schemas"]["Comparable"][];
            /** N Sessions */
            n_sessions: number;
            /** Overdue */
            overdue: boolean;
            /** Standings */
            standings: components["schemas"]["Standing"][];
            standings_of: components["schemas"]["Comparable"] | null;
        };
        /**
         * Racer
         * @description One who opted in to the race, and their best of today; null: none yet.
         */
        Racer: {
            /** Best Pct */
            best_pct: number | null;
            /** Learner Id */
            learner_id: string;
            /** Name */
            name: string;
            /** Person Id */
            person_id: string;
        };
        /**
         * RigChange
         * @description What is to be otherwise; what is left out stays.
         */
        RigChange: {
            /** Course Id */
            course_id?: string | null;
            /** Name */
            name?: string | null;
            /** Person Id */
            person_id?: string | null;
        };
        /**
         * RigRow
         * @description One rig, as who runs it or a class on it sees it.
         */
        RigRow: {
            /** Course */
            course: string | null;
            /** Course Id */
            course_id: string | null;
            /**
             * Enrolled Utc
             * Format: date-time
             */
            enrolled_utc: string;
            /** Facts */
            facts: {
                [key: string]: unknown;
            };
            /** Id */
            id: string;
            /** Learner */
            learner: string | null;
            /** Name */
            name: string;
            /** Person Id */
            person_id: string | null;
            /** Revoked Utc */
            revoked_utc: string | null;
            /** Seen Utc */
            seen_utc: string | null;
        };
        /**
         * RigSheet
         * @description Who a rig is now.
         */
        RigSheet: {
            /**
             * Calibrated Utc
             * @default
             */
            calibrated_utc: string;
            /**
             * Concerns
             * @default []
             */
            concerns: string[];
            /** Due Utc */
            due_utc?: string | null;
            /**
             * Due Why
             * @default
             */
            due_why: string;
            /**
             * Foreseen
             * @default []
             */
            foreseen: string[];
            /**
             * Kind
             * @enum {string}
             */
            kind: "live" | "sim";
            /**
             * Parts
             * @default []
             */
            parts: components["schemas"]["Part"][];
            /** Parts Utc */
            parts_utc?: string | null;
            /** Rig Sha256 */
            rig_sha256: string;
            /** Software */
            software: string;
        };
        /**
         * SelfReport
         * @description All of it; what the server has already is not kept twice.
         */
        SelfReport: {
            /**
             * Checks
             * @default []
             */
            checks: components["schemas"]["DailyCheck"][];
            /**
             * Drift
             * @default []
             */
            drift: components["schemas"]["DriftRead"][];
            /**
             * Faults
             * @default []
             */
            faults: components["schemas"]["Fault"][];
            sheet: components["schemas"]["RigSheet"];
        };
        /**
         * SessionPage
         * @description One session, and what who asks may do with it.
         */
        SessionPage: {
            /** Analysed Utc */
            analysed_utc: string | null;
            /** Analysis Id */
            analysis_id: string | null;
            /** Approved By */
            approved_by: string | null;
            /** Approved Utc */
            approved_utc: string | null;
            /** Attempt */
            attempt: string;
            /** Ccf Pct */
            ccf_pct: number | null;
            /** Course */
            course: string | null;
            /** Course Id */
            course_id: string | null;
            /** Depth In Target Pct */
            depth_in_target_pct: number | null;
            /** Duration S */
            duration_s: number | null;
            /** Edited */
            edited: boolean;
            /** Guideline Id */
            guideline_id: string;
            /** Id */
            id: string;
            /** Items */
            items: {
                [key: string]: (number | null)[];
            };
            /** Kind */
            kind: string;
            /** Learner Id */
            learner_id: string;
            /**
             * Made Utc
             * Format: date-time
             */
            made_utc: string;
            /** May Judge */
            may_judge: boolean;
            /** Mean Depth Mm */
            mean_depth_mm: number | null;
            /** Mean Rate Cpm */
            mean_rate_cpm: number | null;
            /** Mine */
            mine: boolean;
            /** Mode */
            mode: string;
            /** N Compressions */
            n_compressions: number | null;
            /** Name */
            name: string | null;
            /** Original Id */
            original_id: string | null;
            /** Person Id */
            person_id: string | null;
            /** Pictures Erased */
            pictures_erased: boolean;
            /** Rate In Target Pct */
            rate_in_target_pct: number | null;
            /**
             * Received Utc
             * Format: date-time
             */
            received_utc: string;
            /** Recording Id */
            recording_id: string;
            /** Release In Target Pct */
            release_in_target_pct: number | null;
            /** Rig */
            rig: string | null;
            /** Rig Id */
            rig_id: string | null;
            /** Score High Pct */
            score_high_pct: number | null;
            /** Score Low Pct */
            score_low_pct: number | null;
            /** Score Pct */
            score_pct: number | null;
            /** Sha256 */
            sha256: string;
            /** Signed */
            signed: boolean;
            /** Size Bytes */
            size_bytes: number;
            /** Software */
            software: string | null;
            /**
             * State
             * @enum {string}
             */
            state: "waiting" | "ready" | "failed";
            /** Storage Level */
            storage_level: number;
            /** Why Failed */
            why_failed: string;
            /** Why Incomplete */
            why_incomplete: string;
        };
        /**
         * SessionRow
         * @description One session in a list; what is not known is null.
         */
        SessionRow: {
            /** Attempt */
            attempt: string;
            /** Ccf Pct */
            ccf_pct: number | null;
            /** Course */
            course: string | null;
            /** Course Id */
            course_id: string | null;
            /** Depth In Target Pct */
            depth_in_target_pct: number | null;
            /** Duration S */
            duration_s: number | null;
            /** Edited */
            edited: boolean;
            /** Guideline Id */
            guideline_id: string;
            /** Id */
            id: string;
            /** Items */
            items: {
                [key: string]: (number | null)[];
            };
            /** Kind */
            kind: string;
            /** Learner Id */
            learner_id: string;
            /**
             * Made Utc
             * Format: date-time
             */
            made_utc: string;
            /** Mean Depth Mm */
            mean_depth_mm: number | null;
            /** Mean Rate Cpm */
            mean_rate_cpm: number | null;
            /** Mode */
            mode: string;
            /** N Compressions */
            n_compressions: number | null;
            /** Name */
            name: string | null;
            /** Person Id */
            person_id: string | null;
            /** Rate In Target Pct */
            rate_in_target_pct: number | null;
            /** Recording Id */
            recording_id: string;
            /** Release In Target Pct */
            release_in_target_pct: number | null;
            /** Rig */
            rig: string | null;
            /** Rig Id */
            rig_id: string | null;
            /** Score High Pct */
            score_high_pct: number | null;
            /** Score Low Pct */
            score_low_pct: number | null;
            /** Score Pct */
            score_pct: number | null;
            /**
             * State
             * @enum {string}
             */
            state: "waiting" | "ready" | "failed";
            /** Storage Level */
            storage_level: number;
            /** Why Failed */
            why_failed: string;
            /** Why Incomplete */
            why_incomplete: string;
        };
        /**
         * Sessions
         * @description A page of the catalogue.
         */
        Sessions: {
            /** Rows */
            rows: components["schemas"]["SessionRow"][];
            /** Total */
            total: number;
        };
        /**
         * SetUp
         * @description The first admin.
         */
        SetUp: {
            /** Code */
            code: string;
            /** Name */
            name: string;
            /** Password */
            password: string;
            /** Sign In Name */
            sign_in_name: string;
        };
        /**
         * SignIn
         * @description By name and password.
         */
        SignIn: {
            /** Password */
            password: string;
            /** Sign In Name */
            sign_in_name: string;
        };
        /**
         * SignInByBadge
         * @description By the token in a QR code.
         */
        SignInByBadge: {
            /** Token */
            token: string;
        };
        /**
         * Spread
         * @description A histogram: the first bin takes what is below it, too, the last what is above.
         */
        Spread: {
            /** Counts */
            counts: number[];
            /** Edges */
            edges: number[];
            /** Key */
            key: string;
            /** Label */
            label: string;
            /** Median */
            median: number | null;
            /** N */
            n: number;
            /** Unit */
            unit: string;
        };
        /**
         * SpreadOut
         * @description A measure over several sessions.
         */
        SpreadOut: {
            /** Mean */
            mean: number | null;
            /** N */
            n: number;
            /** Sd */
            sd: number | null;
        };
        /**
         * Standing
         * @description How one item stood in the latest comparable sessions.
         */
        Standing: {
            /** Key */
            key: string;
            /** Label */
            label: string;
            /** Mean Pct */
            mean_pct: number;
            /** N Sessions */
            n_sessions: number;
            /** Points Lost */
            points_lost: number;
            /**
             * Standing
             * @enum {string}
             */
            standing: "strong" | "fair" | "weak";
            /** Trend */
            trend: ("better" | "worse" | "as before") | null;
            /** Trend Margin Pct */
            trend_margin_pct: number | null;
            /** Trend Pct */
            trend_pct: number | null;
            /** Words */
            words: string;
        };
        /**
         * StartIn
         * @description A session to begin, by whom.
         */
        StartIn: {
            attempt?: components["schemas"]["Attempt"] | null;
            /** Duration S */
            duration_s?: number | null;
            /** Guideline */
            guideline?: string | null;
            /** Level */
            level?: ("full" | "reduced" | "sound" | "none") | null;
            mode?: components["schemas"]["Mode"] | null;
            /** Person Id */
            person_id?: string | null;
            /**
             * Rescuers
             * @default 1
             */
            rescuers: number;
        };
        /**
         * Told
         * @description What became of a word to one of several rigs.
         */
        Told: {
            /** Ok */
            ok: boolean;
            /** Recording Id */
            recording_id?: string | null;
            /** Rig Id */
            rig_id: string;
            /** Words */
            words: string;
        };
        /**
         * UploadOut
         * @description How far an upload is.
         */
        UploadOut: {
            /** Complete */
            complete: boolean;
            /** Offset */
            offset: number;
            /** Session Id */
            session_id: string | null;
            /**
             * State
             * @enum {string}
             */
            state: "open" | "done" | "refused";
            /** Upload Id */
            upload_id: string;
            /** Why Refused */
            why_refused: string;
        };
        /**
         * Waiting
         * @description One thing that waits, and how many of them; `session_id` where there is one to begin with.
         */
        Waiting: {
            /** Count */
            count: number;
            /** Session Id */
            session_id?: string | null;
            /**
             * What
             * @enum {string}
             */
            what: "approve" | "results" | "failed" | "of-no-class" | "erasures" | "no-instructor" | "no-class" | "no-rig" | "no-session";
        };
        /**
         * Wall
         * @description A class's wall.
         */
        Wall: {
            course: components["schemas"]["ClassRow"];
            /** Free Rigs */
            free_rigs: components["schemas"]["FreeRig"][];
            goal: components["schemas"]["Goal"];
            /** Guidelines */
            guidelines: string[];
            /** Learners */
            learners: components["schemas"]["WallLearner"][];
            /** N Rigs */
            n_rigs: number;
            /** Race */
            race: components["schemas"]["Racer"][] | null;
            /** Rigs */
            rigs: components["schemas"]["WallRig"][];
        };
        /**
         * WallLearner
         * @description Somebody of the class's roster.
         */
        WallLearner: {
            /** Id */
            id: string;
            /** Learner Id */
            learner_id: string;
            /** Name */
            name: string;
        };
        /**
         * WallResult
         * @description The newest session that came in from a rig today.
         */
        WallResult: {
            /** Learner Id */
            learner_id: string;
            /**
             * Made Utc
             * Format: date-time
             */
            made_utc: string;
            /** N Compressions */
            n_compressions: number | null;
            /** N Right */
            n_right: number | null;
            /** Recording Id */
            recording_id: string;
            /** Score High Pct */
            score_high_pct: number | null;
            /** Score Low Pct */
            score_low_pct: number | null;
            /** Score Pct */
            score_pct: number | null;
            /** Session Id */
            session_id: string;
            /**
             * State
             * @enum {string}
             */
            state: "waiting" | "ready" | "failed";
            /** Why Failed */
            why_failed: string;
        };
        /**
         * WallRig
         * @description One rig on the wall.
         */
        WallRig: {
            /** Id */
            id: string;
            /** Name */
            name: string;
            /** Person Id */
            person_id: string | null;
            result: components["schemas"]["WallResult"] | null;
            /** Simulated */
            simulated: boolean;
        };
        /**
         * WhoAmI
         * @description Who is signed in, and the token that the page sends with what changes something.
         */
        WhoAmI: {
            /** By */
            by: string;
            /** Csrf */
            csrf: string;
            /** Learner Id */
            learner_id: string | null;
            /** Name */
            name: string;
            /** Person Id */
            person_id: string;
            /**
             * Role
             * @enum {string}
             */
            role: "learner" | "instructor" | "technician" | "admin";
        };
        /**
         * Why
         * @description Why something is done.
         */
        Why: {
            /** Reason */
            reason: string;
        };
        /**
         * Wish
         * @description Somebody who asked to be erased.
         */
        Wish: {
            /**
             * Asked Utc
             * Format: date-time
             */
            asked_utc: string;
            /** N Sessions */
            n_sessions: number;
            person: components["schemas"]["PersonRow"];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    audit_api_audit_get: {
        parameters: {
            query?: {
                actor?: string | null;
                action?: string | null;
                about?: string | null;
                subject?: string | null;
                since?: string | null;
                until?: string | null;
                before?: number | null;
                count?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditPage"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    verify_chain_api_audit_verify_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChainVerdict"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    classes_api_classes_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClassRow"][];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    new_class_api_classes_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewClass"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClassPage"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    one_class_api_classes__course_id__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                course_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClassPage"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_class_api_classes__course_id__patch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                course_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ClassChange"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClassPage"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    new_badges_api_classes__course_id__badges_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                course_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BadgeOut"][];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    figures_api_classes__course_id__figures_get: {
        parameters: {
            query?: {
                which?: "newest" | "best" | "all";
                guideline?: string | null;
                mode?: string | null;
                attempt?: string | null;
                since?: string | null;
            };
            header?: never;
            path: {
                course_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClassFigures"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    new_learners_api_classes__course_id__learners_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                course_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewLearners"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClassPage"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    new_member_api_classes__course_id__members_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                course_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewMember"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClassPage"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    leave_api_classes__course_id__members__person_id__delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                course_id: string;
                person_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClassPage"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    new_badge_api_classes__course_id__members__person_id__badge_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                course_id: string;
                person_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BadgeOut"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    class_csv_api_classes__course_id__sessions_csv_get: {
        parameters: {
            query?: {
                names?: boolean;
            };
            header?: never;
            path: {
                course_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    class_sheet_api_classes__course_id__sheet_pdf_get: {
        parameters: {
            query?: {
                names?: boolean;
            };
            header?: never;
            path: {
                course_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    wall_api_classes__course_id__wall_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                course_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Wall"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    with_class_api_compare_class_get: {
        parameters: {
            query: {
                person_id: string;
                course_id: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BesideClass"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    months_api_compare_months_get: {
        parameters: {
            query: {
                person_id: string;
                at?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Months"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    desk_api_desk__rig_id__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                rig_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeskPage"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    make_api_desk__rig_id__device_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                rig_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    end_desks_api_desk__rig_id__device_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                rig_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    result_api_desk__rig_id__result_get: {
        parameters: {
            query: {
                recording_id: string;
            };
            header?: never;
            path: {
                rig_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeskResult"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_in_api_desk__rig_id__sign_in_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                rig_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DeskSignIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WhoAmI"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    start_api_desk__rig_id__start_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                rig_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ack"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stop_api_desk__rig_id__stop_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                rig_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ack"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    wishes_api_erasures_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Wish"][];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rigs_api_fleet_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FleetRow"][];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    one_rig_api_fleet__rig_id__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                rig_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FleetPage"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    guidelines_api_guidelines_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GuidelineRow"][];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    home_api_home_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Home"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    house_api_house_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HousePage"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_house_api_house_put: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["House"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HousePage"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    run_retention_api_house_retention_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Erasures"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    learners_api_learners_get: {
        parameters: {
            query?: {
                q?: string;
                course?: string | null;
                overdue?: boolean;
                start?: number;
                count?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Learners"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    learner_api_learners__person_id__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                person_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LearnerPage"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    start_all_api_live_classes__course_id__start_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                course_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["HowToTrain"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Told"][];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stop_all_api_live_classes__course_id__stop_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                course_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Told"][];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    mark_api_live_rigs__rig_id__mark_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                rig_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MarkIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MarkOut"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    marks_api_live_rigs__rig_id__marks_get: {
        parameters: {
            query: {
                recording_id: string;
            };
            header?: never;
            path: {
                rig_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MarkOut"][];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    undo_api_live_rigs__rig_id__marks__mark_id__delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                rig_id: string;
                mark_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    shock_api_live_rigs__rig_id__shock_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                rig_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ack"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    start_api_live_rigs__rig_id__start_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                rig_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StartIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ack"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stop_api_live_rigs__rig_id__stop_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                rig_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ack"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    me_api_me_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WhoAmI"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    consent_myself_api_me_consents_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewConsent"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Consents"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    my_data_api_me_data_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnData"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_my_data_api_me_data_patch: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OwnChange"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnData"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    ask_for_erasure_api_me_erasure_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnData"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    take_erasure_back_api_me_erasure_delete: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnData"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    export_myself_api_me_export_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    looks_at_me_api_me_looks_get: {
        parameters: {
            query?: {
                start?: number;
                count?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Looks"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_password_api_me_password_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPassword"];
            };
        };
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    is_open_api_open_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Open"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    people_api_people_get: {
        parameters: {
            query?: {
                q?: string;
                role?: ("learner" | "instructor" | "technician" | "admin") | null;
                start?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["People"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    new_person_api_people_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPerson"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonRow"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    person_api_people__person_id__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                person_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonRow"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_person_api_people__person_id__patch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                person_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PersonChange"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonRow"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    consents_of_api_people__person_id__consents_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                person_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Consents"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    consent_by_form_api_people__person_id__consents_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                person_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FormConsent"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Consents"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    erase_api_people__person_id__erase_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                person_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EraseConfirmed"];
            };
        };
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    export_person_api_people__person_id__export_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                person_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    looks_at_person_api_people__person_id__looks_get: {
        parameters: {
            query?: {
                start?: number;
                count?: number;
            };
            header?: never;
            path: {
                person_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Looks"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rigs_api_rigs_get: {
        parameters: {
            query?: {
                all?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RigRow"][];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    new_code_api_rigs_codes_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CodeOut"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    enrol_api_rigs_enrol_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Enrolment"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Enrolled"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    report_api_rigs_report_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SelfReport"];
            };
        };
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    take_out_api_rigs__rig_id__delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                rig_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_rig_api_rigs__rig_id__patch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                rig_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RigChange"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RigRow"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sessions_api_sessions_get: {
        parameters: {
            query?: {
                learner?: string | null;
                course?: string | null;
                rig?: string | null;
                attempt?: ("cold" | "practice" | "retest" | "assessment") | null;
                mode?: string | null;
                state?: ("waiting" | "ready" | "failed") | null;
                since?: string | null;
                until?: string | null;
                order?: "newest" | "oldest" | "best" | "worst";
                start?: number;
                count?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Sessions"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    one_session_api_sessions__session_id__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionPage"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    erase_session_api_sessions__session_id__delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    assign_api_sessions__session_id__patch: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Assignment"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionPage"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    analyses_api_sessions__session_id__analyses_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnalysisRow"][];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    analysis_api_sessions__session_id__analysis_get: {
        parameters: {
            query?: {
                analysis_id?: string | null;
            };
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": string;
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    said_to_session_api_sessions__session_id__annotations_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnnotationRow"][];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    annotate_api_sessions__session_id__annotations_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewAnnotation"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnnotationRow"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    remove_api_sessions__session_id__annotations__annotation_id__delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
                annotation_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    approve_result_api_sessions__session_id__approval_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    take_approval_back_api_sessions__session_id__approval_delete: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    bookmarks_api_sessions__session_id__bookmarks_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BookmarkRow"][];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    corrections_api_sessions__session_id__corrections_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CorrectionRow"][];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    new_correction_api_sessions__session_id__corrections_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewCorrection"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CorrectionRow"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    approve_api_sessions__session_id__corrections__correction_id__approve_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
                correction_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CorrectionRow"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    withdraw_api_sessions__session_id__corrections__correction_id__withdraw_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
                correction_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CorrectionRow"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    export_session_api_sessions__session_id__export__kind__get: {
        parameters: {
            query?: {
                analysis_id?: string | null;
                names?: boolean;
            };
            header?: never;
            path: {
                session_id: string;
                kind: "csv" | "xlsx" | "pdf" | "json" | "mcap";
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    film_api_sessions__session_id__film_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FilmOut"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    film_file_api_sessions__session_id__film_webm_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    back_to_original_api_sessions__session_id__original_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Why"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CorrectionRow"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    trace_api_sessions__session_id__trace_get: {
        parameters: {
            query: {
                from_s: number;
                to_s: number;
                points?: number;
                analysis_id?: string | null;
            };
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": string;
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/octet-stream": components["schemas"]["Problem"];
                };
            };
        };
    };
    set_up_api_setup_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SetUp"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WhoAmI"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_in_api_sign_in_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WhoAmI"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_in_by_badge_api_sign_in_badge_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignInByBadge"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WhoAmI"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_out_api_sign_out_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    offer_api_uploads_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OfferIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadOut"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    progress_api_uploads__upload_id__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                upload_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadOut"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
    append_api_uploads__upload_id__patch: {
        parameters: {
            query?: never;
            header: {
                "upload-offset": number;
            };
            path: {
                upload_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadOut"];
                };
            };
            /** @description Client Error */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
            /** @description Server Error */
            "5XX": {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
