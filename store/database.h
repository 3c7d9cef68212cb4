/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BGPWHY_STORE_DATABASE_H
#define BGPWHY_STORE_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

/*
 * What the writer and the reader share; private to this folder. The columns of each table stand
 * here once, in the order in which writer_rows.c binds and reader_rows.c reads them.
 */

enum {
	STORE_APPLICATION_ID = 0x62677077, /* "bgpw"; also in schema.sql */
	STORE_SCHEMA_VERSION = 9,          /* also in schema.sql */
	STORE_SCHEMA_CHECK = 3,            /* the first one that has check_result */
	STORE_SCHEMA_RECORDING = 6,        /* … recording */
	STORE_SCHEMA_RETRANSMISSION = 8,   /* … retransmission */
	STORE_SCHEMA_LOST = 9,             /* … lost */
};

/* sqlite3.h stays in the .c files. */
struct sqlite3;
struct sqlite3_stmt;
struct sqlite3_str;

extern const char store_schema[]; /* made from schema.sql */

#define COLUMNS_HEAD "seq,time,time_ns,frame,input"

#define COLUMNS_SESSION_SIDE(s) \
	"," s "_asn," s "_bgp_id," s "_state," s "_state_since_ns," s "_opens," s "_updates," s \
	"_notifications," s "_keepalives," s "_route_refreshes," s "_others," s \
	"_prefixes_announced," s "_prefixes_withdrawn," s "_last_message_ns" \
	"," s "_offered_hold_time_s," s "_connect_retry_ns," s "_retransmissions," s \
	"_longest_silence_ns," s "_hold_margin_ns," s "_hold_margin_frame," s \
	"_keepalives_measured," s "_keepalive_min_ns," s "_keepalive_mean_ns," s \
	"_keepalive_max_ns," s "_end_of_rib"

#define COLUMNS_BFD_SIDE(s) \
	"," s "_state," s "_state_since_ns," s "_diag," s "_negotiated_tx_us," s \
	"_detection_time_us," s "_packets," s "_max_gap_us," s "_last_ns," s "_discriminator," s \
	"_detect_mult," s "_intervals," s "_interval_min_us," s "_interval_mean_us," s \
	"_interval_max_us," s "_detection_margin_us," s "_detection_margin_frame"

#define COLUMNS_CONNECTION \
	COLUMNS_HEAD ",connection,session,state,client,client_port,server,server_port,evicted,by"

#define COLUMNS_FINDING \
	",finding,cause,severity,confidence,session,bfd_session,blame,summary,evidence,fix," \
	"first_time,last_time,first_time_ns,last_time_ns,count"

/*
 * X(identifier, table, conflict, key, columns). `key` is the column whose value may be there
 * already: then the row is updated or left alone. A STUB is what is put down for a parent that an
 * event names before its own row was written.
 */
#define STORE_INSERTS(X) \
	X(RUN, "run", ERROR, "", \
		"version,host,started,seq_base,session_base,connection_base,bfd_session_base," \
		"finding_base,filter,options,live") \
	X(RUN_INPUT, "run_input", ERROR, "", "run,position,input,kind,octets,hash") \
	X(CAPTURE, "capture", ERROR, "", \
		COLUMNS_HEAD ",run,state,linktype,packets,dropped,artefacts,several_inputs") \
	X(SESSION, "session", UPDATE, "session", \
		COLUMNS_HEAD ",run,session,local,remote,asn,bgp_id,hold_time_s,keepalive_s," \
			     "families,state,messages,prefixes_announced,prefixes_withdrawn," \
			     "established_count,verdict,primary_cause,bfd_session,first_time," \
			     "last_time,first_time_ns,last_time_ns,setup_us,timing,negotiated" \
				     COLUMNS_SESSION_SIDE("local") \
				     COLUMNS_SESSION_SIDE("remote") \
			     ",graceful_restart,local_restart_began_ns,remote_restart_began_ns") \
	X(SESSION_STUB, "session", IGNORE, "session", "run,session,local,remote") \
	X(CONNECTION, "connection", UPDATE, "connection", COLUMNS_CONNECTION) \
	X(CONNECTION_STUB, "connection", IGNORE, "connection", "connection,session") \
	X(CONNECTION_EVENT, "connection_event", ERROR, "", COLUMNS_CONNECTION) \
	X(CONTEXT, "context", ERROR, "", "as_width,extended_messages,add_path") \
	X(MESSAGE, "message", ERROR, "", \
		COLUMNS_HEAD ",session,connection,src,src_port,dst,dst_port,type,length," \
			     "truncated,context,raw") \
	X(OPEN, "open", ERROR, "", "message,version,asn,my_as,hold_time_s,bgp_id") \
	X(CAPABILITY, "capability", ERROR, "", "message,position,code,name,data,decoded") \
	X(NOTIFICATION, "notification", ERROR, "", "message,code,subcode,name,data,text") \
	X(UPDATE_MESSAGE, "update_message", ERROR, "", \
		"message,withdrawn,announced,attributes,end_of_rib") \
	X(ROUTE_REFRESH, "route_refresh", ERROR, "", "message,afi,safi,subtype") \
	X(FAULT, "fault", ERROR, "", \
		COLUMNS_HEAD ",session,connection,bfd_session,code,offset,text,detail,action," \
			     "notification,rfc,action_rfc,attribute,length,octet") \
	X(GAP, "gap", ERROR, "", COLUMNS_HEAD ",session,connection,src,bytes") \
	X(CHECK, "check_result", ERROR, "", \
		COLUMNS_HEAD ",session,connection,src,dst,result,bytes,reason,text") \
	X(TRANSITION, "transition", ERROR, "", \
		COLUMNS_HEAD ",protocol,session,bfd_session,connection,speaker,peer,from,to," \
			     "rfc_event,rfc_event_number,rfc_event_name,basis,reason,lasted_us") \
	X(BFD_SESSION, "bfd_session", UPDATE, "bfd_session", \
		COLUMNS_HEAD ",run,bfd_session,session,local,remote,mode,state," \
			     "negotiated_tx_us,detection_time_us,packets,max_gap_us,flaps," \
			     "first_time,last_time,first_time_ns,last_time_ns,interval_us," \
			     "detection_margin_us" COLUMNS_BFD_SIDE( \
				     "local") COLUMNS_BFD_SIDE("remote")) \
	X(BFD_SESSION_STUB, "bfd_session", IGNORE, "bfd_session", "run,bfd_session,local,remote") \
	X(BFD_PACKET, "bfd_packet", ERROR, "", \
		COLUMNS_HEAD ",bfd_session,src,dst,port,ttl,changes,version,diag,state,flags," \
			     "detect_mult,my_discriminator,your_discriminator," \
			     "desired_min_tx_us,required_min_rx_us,required_min_echo_rx_us," \
			     "auth,raw") \
	X(FINDING, "finding", UPDATE, "finding", COLUMNS_HEAD COLUMNS_FINDING ",run") \
	X(FINDING_EVIDENCE, "finding_evidence", ERROR, "", "finding,position,frame") \
	X(ALERT, "alert", ERROR, "", COLUMNS_HEAD COLUMNS_FINDING) \
	X(RETRANSMISSION, "retransmission", ERROR, "", \
		COLUMNS_HEAD ",session,connection,src,dst,what,segments,bytes,last_time,last_time_ns," \
			     "last_frame") \
	X(LOST, "lost", ERROR, "", COLUMNS_HEAD ",events,reason") \
	X(RECORDING, "recording", ERROR, "", \
		COLUMNS_HEAD ",session,bfd_session,finding,cause,file,begins,begins_ns")

enum store_insert {
#define X(id, table, conflict, key, columns) INSERT_##id,
	STORE_INSERTS(X)
#undef X
		INSERT_COUNT,
};

enum store_conflict { CONFLICT_ERROR, CONFLICT_UPDATE, CONFLICT_IGNORE };

struct store_insert_desc {
	const char *table;
	enum store_conflict conflict;
	const char *key;
	const char *columns; /* separated by commas, not quoted */
};

extern const struct store_insert_desc store_inserts[INSERT_COUNT];

/* How far the numbers of a run are shifted in the database. */
struct store_bases {
	uint64_t seq, session, connection, bfd_session, finding;
};

/* Whose rows they are. False, and `error` (for `path`) where it is no bgpwhy database of a schema
 * that this program knows, its own or an older one: `*version`; 0 is an empty one. */
bool database_check(struct sqlite3 *db, const char *path, int *version, struct store_error *error);

/* Of a database that database_check() has passed. */
int database_version(struct sqlite3 *db);

/* What failed, as a few words for the end of a line. */
const char *database_reason(struct sqlite3 *db, int rc);

/* `path` as SQLite takes it for a file's name, whatever it looks like; to be freed. */
char *database_file_name(const char *path);

/* Appends the columns of a list but `except` (may be NULL), quoted; `format` is given the column's
 * name (%w), perhaps twice. */
void database_columns(struct sqlite3_str *sql, const char *columns, const char *format,
	const char *except);

/* The same for reading from `table` of a database whose schema may be older: NULL for the columns
 * that it lacks. */
void database_select(struct sqlite3_str *sql, struct sqlite3 *db, const char *table,
	const char *columns);

#endif
