--
-- PostgreSQL database dump
--

\restrict qg6TyNN4ejzMvpXkfEl7wJTyVSb99hjg5dWI0TI3B2rSZePlb4a0ylDOkB9Ui1z

-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: clinic; Type: SCHEMA; Schema: -; Owner: postgres
--

CREATE SCHEMA clinic;


ALTER SCHEMA clinic OWNER TO postgres;

--
-- Name: SCHEMA clinic; Type: COMMENT; Schema: -; Owner: postgres
--

COMMENT ON SCHEMA clinic IS 'Wards and patients';


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: patient; Type: TABLE; Schema: clinic; Owner: postgres
--

CREATE TABLE clinic.patient (
    id bigint NOT NULL,
    name character varying(40) NOT NULL,
    code character(4) DEFAULT 'none'::bpchar,
    born date,
    weight numeric(5,2),
    active boolean DEFAULT true NOT NULL,
    seen timestamp with time zone DEFAULT now(),
    at timestamp without time zone,
    t time without time zone,
    gap interval,
    u uuid,
    doc jsonb DEFAULT '{}'::jsonb,
    raw json,
    tags text[] DEFAULT '{}'::text[],
    scores integer[],
    photo bytea,
    f4 real,
    f8 double precision,
    doubled numeric GENERATED ALWAYS AS ((weight * (2)::numeric)) STORED,
    ward integer,
    CONSTRAINT born_ok CHECK (((born > '1900-01-01'::date) AND ((name)::text <> ''::text))),
    CONSTRAINT patient_check CHECK (((code = ANY (ARRAY['none'::bpchar, 'abcd'::bpchar])) OR ((length((name)::text) >= 1) AND (length((name)::text) <= 40))))
)
WITH (fillfactor='70');


ALTER TABLE clinic.patient OWNER TO postgres;

--
-- Name: CONSTRAINT born_ok ON patient; Type: COMMENT; Schema: clinic; Owner: postgres
--

COMMENT ON CONSTRAINT born_ok ON clinic.patient IS 'no ghosts';


--
-- Name: adult; Type: VIEW; Schema: clinic; Owner: postgres
--

CREATE VIEW clinic.adult WITH (security_barrier='true') AS
 SELECT patient.id,
    patient.name,
        CASE
            WHEN (patient.weight > (70)::numeric) THEN 'h'::text
            ELSE 'l'::text
        END AS h,
    COALESCE(patient.born, CURRENT_DATE) AS b,
    EXTRACT(year FROM patient.born) AS y,
    SUBSTRING(patient.name FROM 1 FOR 2) AS s
   FROM clinic.patient
  WHERE (patient.born < '2000-01-01'::date)
  WITH LOCAL CHECK OPTION;


ALTER TABLE clinic.adult OWNER TO postgres;

--
-- Name: patient_id_seq; Type: SEQUENCE; Schema: clinic; Owner: postgres
--

ALTER TABLE clinic.patient ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME clinic.patient_id_seq
    START WITH 100
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: ward; Type: TABLE; Schema: clinic; Owner: postgres
--

CREATE TABLE clinic.ward (
    id integer NOT NULL,
    name text NOT NULL,
    beds smallint DEFAULT 4,
    opened date DEFAULT '2001-02-03'::date,
    CONSTRAINT ward_beds_check CHECK ((beds > 0))
);


ALTER TABLE clinic.ward OWNER TO postgres;

--
-- Name: TABLE ward; Type: COMMENT; Schema: clinic; Owner: postgres
--

COMMENT ON TABLE clinic.ward IS 'It''s a ward';


--
-- Name: COLUMN ward.beds; Type: COMMENT; Schema: clinic; Owner: postgres
--

COMMENT ON COLUMN clinic.ward.beds IS 'how many';


--
-- Name: ward_id_seq; Type: SEQUENCE; Schema: clinic; Owner: postgres
--

CREATE SEQUENCE clinic.ward_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE clinic.ward_id_seq OWNER TO postgres;

--
-- Name: ward_id_seq; Type: SEQUENCE OWNED BY; Schema: clinic; Owner: postgres
--

ALTER SEQUENCE clinic.ward_id_seq OWNED BY clinic.ward.id;


--
-- Name: Odd Name; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public."Odd Name" (
    "Col One" integer,
    "select" text
);


ALTER TABLE public."Odd Name" OWNER TO postgres;

--
-- Name: busy; Type: VIEW; Schema: public; Owner: postgres
--

CREATE VIEW public.busy AS
 SELECT w.name,
    count(*) AS n,
    max(p.weight) AS heaviest
   FROM (clinic.ward w
     LEFT JOIN clinic.patient p ON ((p.ward = w.id)))
  WHERE ((w.name ~~ 'n%'::text) AND (w.beds = ANY (ARRAY[1, 2, 4])))
  GROUP BY w.name
 HAVING (count(*) > 0);


ALTER TABLE public.busy OWNER TO postgres;

--
-- Name: VIEW busy; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON VIEW public.busy IS 'busy';


--
-- Name: nokey; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.nokey (
    a integer,
    b text
);

ALTER TABLE ONLY public.nokey REPLICA IDENTITY FULL;


ALTER TABLE public.nokey OWNER TO postgres;

--
-- Name: number; Type: SEQUENCE; Schema: public; Owner: postgres
--

CREATE SEQUENCE public.number
    START WITH 5
    INCREMENT BY 5
    MINVALUE 5
    NO MAXVALUE
    CACHE 10
    CYCLE;


ALTER TABLE public.number OWNER TO postgres;

--
-- Name: SEQUENCE number; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON SEQUENCE public.number IS 'n';


--
-- Name: visit; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.visit (
    patient bigint NOT NULL,
    day date NOT NULL,
    note text,
    kind integer DEFAULT 1
);
ALTER TABLE ONLY public.visit ALTER COLUMN note SET STATISTICS 500;
ALTER TABLE ONLY public.visit ALTER COLUMN note SET STORAGE EXTERNAL;


ALTER TABLE public.visit OWNER TO postgres;

--
-- Name: ward id; Type: DEFAULT; Schema: clinic; Owner: postgres
--

ALTER TABLE ONLY clinic.ward ALTER COLUMN id SET DEFAULT nextval('clinic.ward_id_seq'::regclass);


--
-- Data for Name: patient; Type: TABLE DATA; Schema: clinic; Owner: postgres
--

INSERT INTO clinic.patient OVERRIDING SYSTEM VALUE VALUES (100, 'Ann', 'none', '1980-05-01', 70.50, true, '2024-01-02 03:04:05.678+00', '2024-01-02 03:04:00', '10:20:00', '1 day 02:00:00', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a": [1, 2], "number": 1}', '{"b":  1}', '{a,"b c",NULL}', '{{1,2},{3,4}}', '\x00ff', 1.5, 0.1, DEFAULT, 1);
INSERT INTO clinic.patient OVERRIDING SYSTEM VALUE VALUES (101, 'B\o
b', 'none', NULL, NULL, true, '2026-11-22 05:56:06.670393+00', NULL, NULL, NULL, NULL, '{"number": 2}', NULL, NULL, NULL, NULL, 'NaN', 'Infinity', DEFAULT, NULL);


--
-- Data for Name: ward; Type: TABLE DATA; Schema: clinic; Owner: postgres
--

INSERT INTO clinic.ward VALUES (1, 'north', 4, '2001-02-03');
INSERT INTO clinic.ward VALUES (2, 'it''s "south"', 2, '2001-02-03');


--
-- Data for Name: Odd Name; Type: TABLE DATA; Schema: public; Owner: postgres
--

INSERT INTO public."Odd Name" VALUES (1, 'x');


--
-- Data for Name: nokey; Type: TABLE DATA; Schema: public; Owner: postgres
--

INSERT INTO public.nokey VALUES (1, 'one');
INSERT INTO public.nokey VALUES (2, NULL);


--
-- Data for Name: visit; Type: TABLE DATA; Schema: public; Owner: postgres
--

INSERT INTO public.visit VALUES (100, '2024-01-01', 'x', 1);
INSERT INTO public.visit VALUES (101, '2024-01-02', 'tab	here', 1);


--
-- Name: patient_id_seq; Type: SEQUENCE SET; Schema: clinic; Owner: postgres
--

SELECT pg_catalog.setval('clinic.patient_id_seq', 101, true);


--
-- Name: ward_id_seq; Type: SEQUENCE SET; Schema: clinic; Owner: postgres
--

SELECT pg_catalog.setval('clinic.ward_id_seq', 2, true);


--
-- Name: number; Type: SEQUENCE SET; Schema: public; Owner: postgres
--

SELECT pg_catalog.setval('public.number', 50, true);


--
-- Name: patient patient_pkey; Type: CONSTRAINT; Schema: clinic; Owner: postgres
--

ALTER TABLE ONLY clinic.patient
    ADD CONSTRAINT patient_pkey PRIMARY KEY (id);


--
-- Name: ward ward_name_key; Type: CONSTRAINT; Schema: clinic; Owner: postgres
--

ALTER TABLE ONLY clinic.ward
    ADD CONSTRAINT ward_name_key UNIQUE (name);


--
-- Name: ward ward_pkey; Type: CONSTRAINT; Schema: clinic; Owner: postgres
--

ALTER TABLE ONLY clinic.ward
    ADD CONSTRAINT ward_pkey PRIMARY KEY (id);


--
-- Name: visit visit_note_day_key; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.visit
    ADD CONSTRAINT visit_note_day_key UNIQUE (note, day) DEFERRABLE;


--
-- Name: visit visit_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.visit
    ADD CONSTRAINT visit_pkey PRIMARY KEY (patient, day);

ALTER TABLE public.visit CLUSTER ON visit_pkey;


--
-- Name: patient_doc; Type: INDEX; Schema: clinic; Owner: postgres
--

CREATE UNIQUE INDEX patient_doc ON clinic.patient USING btree (((doc ->> 'number'::text)));


--
-- Name: patient_like; Type: INDEX; Schema: clinic; Owner: postgres
--

CREATE INDEX patient_like ON clinic.patient USING btree (name varchar_pattern_ops);


--
-- Name: patient_lower; Type: INDEX; Schema: clinic; Owner: postgres
--

CREATE INDEX patient_lower ON clinic.patient USING btree (lower((name)::text)) WHERE active;


--
-- Name: patient_ward; Type: INDEX; Schema: clinic; Owner: postgres
--

CREATE INDEX patient_ward ON clinic.patient USING btree (ward, name DESC NULLS LAST) WITH (fillfactor='60');


--
-- Name: INDEX patient_ward; Type: COMMENT; Schema: clinic; Owner: postgres
--

COMMENT ON INDEX clinic.patient_ward IS 'by ward';


--
-- Name: patient patient_ward_fkey; Type: FK CONSTRAINT; Schema: clinic; Owner: postgres
--

ALTER TABLE ONLY clinic.patient
    ADD CONSTRAINT patient_ward_fkey FOREIGN KEY (ward) REFERENCES clinic.ward(id) ON DELETE SET NULL;


--
-- Name: visit visit_patient_fkey; Type: FK CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.visit
    ADD CONSTRAINT visit_patient_fkey FOREIGN KEY (patient) REFERENCES clinic.patient(id) DEFERRABLE INITIALLY DEFERRED;


--
-- PostgreSQL database dump complete
--

\unrestrict qg6TyNN4ejzMvpXkfEl7wJTyVSb99hjg5dWI0TI3B2rSZePlb4a0ylDOkB9Ui1z

