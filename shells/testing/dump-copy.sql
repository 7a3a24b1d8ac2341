--
-- PostgreSQL database dump
--

\restrict key

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

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: tricky; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.tricky (
    id integer NOT NULL,
    "order" text,
    n numeric,
    ts timestamp with time zone,
    b bytea,
    arr text[],
    j jsonb,
    g integer GENERATED ALWAYS AS ((id * 2)) STORED
);


ALTER TABLE public.tricky OWNER TO postgres;

--
-- Name: tricky_id_seq; Type: SEQUENCE; Schema: public; Owner: postgres
--

ALTER TABLE public.tricky ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.tricky_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: v; Type: VIEW; Schema: public; Owner: postgres
--

CREATE VIEW public.v AS
 SELECT count(*) AS n
   FROM public.tricky;


ALTER TABLE public.v OWNER TO postgres;

--
-- Data for Name: tricky; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.tricky (id, "order", n, ts, b, arr, j) FROM stdin;
1	a\tb\nc\\d\r\b\fv'	1.50	2024-02-29 10:00:00+00	\\x00ff	{a,"b\\\\\\"c",NULL}	{"k": "é \\\\n"}
2	\N	NaN	infinity	\N	{}	\N
3	\\N	\N	\N	\\x	{""}	""
4		0	\N	\N	\N	[1, 2]
5	\\.	1	\N	\N	\N	\N
6	\\	2	\N	\N	\N	\N
\.


--
-- Name: tricky_id_seq; Type: SEQUENCE SET; Schema: public; Owner: postgres
--

SELECT pg_catalog.setval('public.tricky_id_seq', 6, true);


--
-- Name: tricky tricky_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.tricky
    ADD CONSTRAINT tricky_pkey PRIMARY KEY (id);


--
-- PostgreSQL database dump complete
--

\unrestrict key

