"""Flows that tests walk through."""

from __future__ import annotations

ORDER = """
name: Order status
start:
  button: {en: "Where is my order?", de: "Wo ist meine Bestellung?"}
  examples:
    en: ["What is the status of my order?", "Has my order been sent?", "Check my order number",
         "Status of order AB-1234", "I want to know the state of my order", "Is my order on its way?"]
secrets: [token]
steps:
  - ask: {key: order, text: "Which order is it? It looks like AB-1234.", pattern: "[A-Z]{2}-[0-9]{4}"}
  - call:
      url: %(url)s/orders/{{ order }}
      query: {by: "{{ order }}"}
      headers: {Authorization: "Bearer {{ secret.token }}"}
      timeout: 1
      ok: [200, 404]
      saves: {state: data.0.state}
  - say: "I find no order {{ order }}."
    when: {http: 404}
    end: true
  - say: {en: "Your order is {{ state }}.", de: "Ihre Bestellung ist {{ state }}."}
"""
ADDRESS = """
name: Change of address
start: {button: Change my address}
steps:
  - ask: {key: street, text: "Street and number?"}
  - ask: {key: town, text: "Postcode and town?"}
  - ask: {key: sure, type: yes_no, text: "Is {{ street }}, {{ town }} right?"}
  - say: All right, I change nothing.
    when: {sure: no}
    end: true
  - person: "Thank you. A colleague enters it."
"""
CANCEL = """
name: Cancel
start: {button: Cancel my order}
steps:
  - ask: {key: order, text: "Which order?", pattern: "[A-Z]{2}-[0-9]{4}"}
  - call:
      method: POST
      url: %(url)s/orders/{{ order }}/cancel
      json: {order: "{{ order }}", by: "{{ customer.email }}", why: {many: 1}}
      verified: true
      saves: {state: state}
  - say: "Cancelled: {{ state }}."
"""
HOURS = """
name: Opening hours
start: {button: Opening hours}
steps:
  - hours: true
  - say: "Come in!"
    when: {open: yes}
"""
